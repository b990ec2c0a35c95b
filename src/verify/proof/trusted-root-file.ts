import * as z from 'zod';
import { SealiftError } from '../../core/index.ts';
import { Refused } from '../evidence/refused.ts';
import { base64Schema } from '../evidence/strict-base64.ts';
import { conform, parseStrictJson } from '../evidence/strict-json.ts';

/** The public-good root has 7 KB; a root with every member that is allowed stays below this. */
const maxFileBytes = 1024 * 1024;

/** Of each kind. Every one is looked at for every signature. */
const maxMembers = 64;

/** Exact: https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto */
const mediaTypes = [
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
] as const;

const time = z.iso.datetime({ offset: true });

const openWindow = z.object({ start: time.optional(), end: time.optional() });

/** The library takes a log without start for one that was always valid. */
const logWindow = z.object({ start: time, end: time.optional() });

const logSchema = z.object({
  /** An empty one would fit every name of a checkpoint's signer. */
  baseUrl: z.string().min(1),
  /** The one hash of Merkle trees that is computed. */
  hashAlgorithm: z.literal('SHA2_256').optional(),
  publicKey: z.object({ rawBytes: base64Schema, keyDetails: z.string().optional(), validFor: logWindow }),
  logId: z.object({ keyId: base64Schema }),
  checkpointKeyId: z.object({ keyId: base64Schema }).optional(),
  operator: z.string().optional(),
});

const authoritySchema = z.object({
  subject: z.record(z.string(), z.string()).optional(),
  uri: z.string().optional(),
  certChain: z.object({ certificates: z.array(z.object({ rawBytes: base64Schema })).min(1) }),
  validFor: openWindow.optional(),
  operator: z.string().optional(),
});

const rootSchema = z.object({
  mediaType: z.enum(mediaTypes),
  tlogs: z.array(logSchema).max(maxMembers).default([]),
  ctlogs: z.array(logSchema).max(maxMembers).default([]),
  certificateAuthorities: z.array(authoritySchema).max(maxMembers).default([]),
  timestampAuthorities: z.array(authoritySchema).max(maxMembers).default([]),
});

export type RootFile = z.output<typeof rootSchema>;
export type LogMember = RootFile['tlogs'][number];
export type AuthorityMember = RootFile['timestampAuthorities'][number];

/** Reads `trusted_root.json` strictly, where the library takes what it finds. @throws SealiftError TRUST_INVALID. */
export function readTrustedRootFile(content: Uint8Array, subject: string): RootFile {
  if (content.byteLength > maxFileBytes) {
    throw trustInvalid(subject, `expected at most ${maxFileBytes} bytes, got ${content.byteLength}`);
  }
  const file = parse(content, subject);
  const { tlogs, ctlogs, certificateAuthorities, timestampAuthorities } = file;
  if (tlogs.length + certificateAuthorities.length + timestampAuthorities.length === 0) {
    throw trustInvalid(subject, 'expected a log or an authority, got none');
  }
  return { ...file, tlogs: repaired(tlogs, subject), ctlogs: repaired(ctlogs, subject) };
}

function parse(content: Uint8Array, subject: string): RootFile {
  try {
    return conform(rootSchema, withoutNulls(parseStrictJson(content)), 'trusted root');
  } catch (cause) {
    if (cause instanceof Refused) throw trustInvalid(subject, cause.message, cause);
    throw cause;
  }
}

/** JSON of protobuf may write what is not set as null. https://protobuf.dev/programming-guides/json/#null */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const set = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(set.map(([key, member]) => [key, withoutNulls(member)]));
}

/**
 * The format allows a key id of four bytes for checkpoints. The library would take it for the id of the log and know no entry of it any
 * more; the whole id begins with the same four bytes, so that the short one is left out.
 */
function repaired(logs: readonly LogMember[], subject: string): LogMember[] {
  return logs.map(({ checkpointKeyId, ...log }) => {
    if (checkpointKeyId === undefined) return log;
    const short = Buffer.from(checkpointKeyId.keyId, 'base64');
    const whole = Buffer.from(log.logId.keyId, 'base64');
    const isStart = short.byteLength >= 4 && whole.subarray(0, short.byteLength).equals(short);
    if (!isStart) {
      throw trustInvalid(
        subject,
        `log ${log.baseUrl}: expected a checkpointKeyId that begins the logId, got another one`,
      );
    }
    return log;
  });
}

export function trustInvalid(subject: string, detail: string, cause?: unknown): SealiftError {
  return new SealiftError('TRUST_INVALID', subject, detail, { cause });
}
