import { createHash } from 'node:crypto';
import type { TrustMaterial } from '@sigstore/verify';
import { readCertificate } from './certificate.ts';
import { loadSigstoreLibrary, type SigstoreLibrary } from './sigstore-library.ts';
import {
  type AuthorityMember,
  type LogMember,
  type RootFile,
  readTrustedRootFile,
  trustInvalid,
} from './trusted-root-file.ts';

/** One log or authority of a trusted root. */
export interface TrustedMember {
  readonly role: 'log' | 'certificate-log' | 'certificate-authority' | 'timestamp-authority';
  /** For messages: a URL, or a host with path. */
  readonly url: string;
  /** Who runs it; empty in roots of before 2025. All without operator count as one. */
  readonly operator: string;
  /** Milliseconds since the epoch, both inclusive; `undefined` is no limit. */
  readonly notBefore: number | undefined;
  readonly notAfter: number | undefined;
}

/** A log of a trusted root, with the id by which entries name it. */
export interface TrustedLog extends TrustedMember {
  readonly logId: Buffer;
}

/** Whose certificates, logs and timestamps count: what `trusted_root.json` of Sigstore holds. Made by `loadTrustedRoot` alone. */
export interface TrustedRoot {
  /** `sha256:<hex>` of the file: verdicts are kept under it. */
  readonly id: string;
  /** Logs first, then authorities, each in the order of the file. */
  readonly members: readonly TrustedMember[];
  readonly logs: readonly TrustedLog[];
  /** In the order of the library's own. */
  readonly timestampAuthorities: readonly TrustedMember[];
  readonly library: SigstoreLibrary;
  /** Without keys: they are the policy's to give. */
  readonly material: TrustMaterial;
}

/**
 * Reads a `trusted_root.json`, of at most 1 MiB, and loads what is needed to judge with it; judging is synchronous then.
 * https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto
 * @throws SealiftError TRUST_INVALID.
 */
export async function loadTrustedRoot(content: Uint8Array, subject: string): Promise<TrustedRoot> {
  const file = readTrustedRootFile(content, subject);
  const library = await loadSigstoreLibrary();
  const timestampAuthorities = file.timestampAuthorities.map(authorityOf('timestamp-authority'));
  const logs = file.tlogs.map(trustedLogOf);
  return {
    id: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    members: [
      ...logs.map(({ logId: _, ...log }) => log),
      ...file.ctlogs.map(logOf('certificate-log')),
      ...file.certificateAuthorities.map(authorityOf('certificate-authority')),
      ...timestampAuthorities,
    ],
    logs,
    timestampAuthorities,
    library,
    material: materialOf(file, library, subject),
  };
}

function materialOf(file: RootFile, library: SigstoreLibrary, subject: string): TrustMaterial {
  const { certificateAuthorities, timestampAuthorities } = file;
  try {
    for (const { certChain } of [...certificateAuthorities, ...timestampAuthorities]) {
      for (const { rawBytes } of certChain.certificates) readCertificate(Buffer.from(rawBytes, 'base64'));
    }
    return library.toTrustMaterial(library.TrustedRoot.fromJSON(file), refuseKeys);
  } catch (cause) {
    throw trustInvalid(subject, `expected keys and certificates, got others: ${messageOf(cause)}`, cause);
  }
}

/** The key of a signer comes from the policy, never from a root. */
function refuseKeys(): never {
  throw new Error('a trusted root holds no key of a signer');
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function trustedLogOf(log: LogMember): TrustedLog {
  return { ...logOf('log')(log), logId: Buffer.from(log.logId.keyId, 'base64') };
}

function logOf(role: TrustedMember['role']): (log: LogMember) => TrustedMember {
  return ({ baseUrl, operator = '', publicKey }) => ({
    role,
    url: baseUrl,
    operator,
    ...windowOf(publicKey.validFor),
  });
}

function authorityOf(role: TrustedMember['role']): (authority: AuthorityMember) => TrustedMember {
  return ({ uri, subject, operator = '', validFor }) => ({
    role,
    url: uri ?? subject?.['commonName'] ?? '',
    operator,
    ...windowOf(validFor ?? {}),
  });
}

type Window = Pick<TrustedMember, 'notBefore' | 'notAfter'>;

function windowOf({ start, end }: { start?: string | undefined; end?: string | undefined }): Window {
  const at = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
  return { notBefore: at(start), notAfter: at(end) };
}
