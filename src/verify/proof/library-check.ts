import { createHash } from 'node:crypto';
import type { SignedEntity, TrustMaterial } from '@sigstore/verify';
import type { ErrorCode } from '../../core/index.ts';
import type { UnverifiedClaim } from '../evidence/candidate.ts';
import { quoted, Refused } from '../evidence/refused.ts';
import type { AskedEvidence } from './asked-evidence.ts';
import { isSignedBy, type Signer } from './signer.ts';
import { withStampTime } from './stamp-time.ts';
import type { TrustedRoot } from './trusted-root.ts';

export interface LibraryCheck {
  readonly claim: UnverifiedClaim;
  readonly signer: Signer;
  readonly root: TrustedRoot;
  readonly asked: AskedEvidence;
  /** Whether the certificate has to be by an authority of the root, with its logging proven; otherwise the signer's key stands as it is. */
  readonly issuedByRoot: boolean;
}

/**
 * Has the Sigstore library check what is asked for: entries and their inclusion, timestamps, the certificate of the signer at all these
 * times, the signature. What it leaves out, `checkEvidence` and its callers check: nothing is accepted by this alone.
 * @throws Refused for whatever does not hold.
 */
export function checkByLibrary(check: LibraryCheck): SignedEntity {
  const { timestamped, ...claim } = check.claim;
  try {
    return checkOnce(check);
  } catch (thrown) {
    const isStamp = Reflect.get(Object(thrown), 'code') === 'TIMESTAMP_INVALID';
    if (timestamped === undefined || !isStamp) throw thrown;
    return checkOnce({ ...check, claim });
  }
}

function checkOnce(check: LibraryCheck): SignedEntity {
  const entity = entityOf(check);
  const { root, issuedByRoot, signer } = check;
  const { Verifier } = root.library;
  const verifier = new Verifier(materialFor(check), {
    // Every entry is checked all the same; they are counted by their operators, by the caller.
    tlogThreshold: 0,
    ctlogThreshold: issuedByRoot ? 1 : 0,
    timestampThreshold: issuedByRoot ? 1 : 0,
  });
  try {
    if (verifier.verify(entity).key.equals(signer.key.key)) return entity;
  } catch (thrown) {
    throw refusalOf(thrown);
  }
  throw new Refused('CERTIFICATE_INVALID', 'expected the key of the certificate, got two readings of it');
}

/** The trust material of this authority alone: a signer by key cannot be one by certificate, nor the other way round. */
function materialFor({ root, signer, issuedByRoot }: LibraryCheck): TrustMaterial {
  if (issuedByRoot) return root.material;
  const publicKey = signer.key.key;
  return {
    ...root.material,
    certificateAuthorities: [],
    ctlogs: [],
    publicKey: () => ({ publicKey, validFor: () => true }),
  };
}

/** Evidence is left out of the bundle here, never of the entity: times that were read from it would stay. */
function entityOf({ claim, signer, root, asked, issuedByRoot }: LibraryCheck): SignedEntity {
  const { mediaType, logEntries, timestamps } = claim.evidence;
  const leaf = issuedByRoot ? signer.certificate?.der : undefined;
  const bundle = {
    mediaType,
    verificationMaterial: {
      ...(leaf === undefined
        ? { publicKey: { hint: '' } }
        : { certificate: { rawBytes: leaf.toString('base64') } }),
      tlogEntries: asked.logs ? logEntries : [],
      timestampVerificationData: {
        rfc3161Timestamps: asked.timestamps ? timestamps.map((signedTimestamp) => ({ signedTimestamp })) : [],
      },
    },
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: digestOf(claim, 32)?.toString('base64') },
      signature: Buffer.from(claim.signature).toString('base64'),
    },
  };
  const { bundleFromJSON, toSignedEntity } = root.library;
  try {
    const entity = toSignedEntity(bundleFromJSON(bundle), Buffer.from(claim.signedBytes));
    return {
      ...entity,
      timestamps: entity.timestamps.map(readTime),
      signature: signatureContent(claim, signer),
    };
  } catch (thrown) {
    throw unreadable(thrown);
  }
}

function readTime(entry: SignedEntity['timestamps'][number]): SignedEntity['timestamps'][number] {
  if (entry.$case !== 'timestamp-authority') return entry;
  return { ...entry, timestamp: withStampTime(entry.timestamp) };
}

/** Stands in for the library's own, which knows SHA-256 alone for envelopes and takes other hashes from the bundle. */
function signatureContent(claim: UnverifiedClaim, signer: Signer): SignedEntity['signature'] {
  const signature = Buffer.from(claim.signature);
  const inner = claim.payload === undefined ? undefined : sha256(claim.payload);
  return {
    // Compared with timestamps alone.
    signature: Buffer.from(claim.timestamped ?? claim.signature),
    compareSignature: (logged) => signature.equals(logged),
    // Of entries that hold an envelope: what lies in it.
    compareDigest: (logged) => inner?.equals(logged) ?? false,
    compareSignedDigest: (logged) => digestOf(claim, logged.byteLength)?.equals(logged) ?? false,
    // By the key as it was read: what it takes to verify its signatures is loaded. That the library means the same key is compared after.
    verifySignature: () => isSignedBy(signer.key, claim),
  };
}

const hashes: Readonly<Record<number, string>> = { 32: 'sha256', 48: 'sha384', 64: 'sha512' };

function digestOf({ signedBytes, signedDigest }: UnverifiedClaim, length: number): Buffer | undefined {
  if (signedDigest !== undefined) return length === 32 ? Buffer.from(signedDigest.sha256) : undefined;
  const hash = hashes[length];
  return hash === undefined ? undefined : createHash(hash).update(signedBytes).digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** By how the library's own codes begin. Hostile input makes it throw all kinds of errors: each one is a refusal. */
const codes: readonly (readonly [start: string, code: ErrorCode])[] = [
  ['TLOG_', 'LOG_ENTRY_INVALID'],
  ['TIMESTAMP_', 'TIMESTAMP_INVALID'],
  ['CERTIFICATE_', 'CERTIFICATE_INVALID'],
  ['PUBLIC_KEY_', 'SIGNATURE_KEY_UNKNOWN'],
  ['SIGNATURE_', 'SIGNATURE_KEY_UNKNOWN'],
];

function refusalOf(thrown: unknown): Refused {
  const given = thrown instanceof Error ? String(Reflect.get(thrown, 'code')) : '';
  const code = codes.find(([start]) => given.startsWith(start))?.[1] ?? 'SIGNATURE_MALFORMED';
  return new Refused(code, `expected evidence that holds: ${quoted(messagesOf(thrown))}`, { cause: thrown });
}

/** Its own, and the ones of its causes. */
function messagesOf(thrown: unknown): string {
  return messageChain(thrown).join(': ');
}

function messageChain(thrown: unknown): readonly string[] {
  return thrown instanceof Error ? [thrown.message, ...messageChain(thrown.cause)] : [];
}

/** Entries and certificate were read strictly before: what is left are parts that a bundle of this version must have, and timestamps. */
function unreadable(thrown: unknown): Refused {
  // What the library says of a bundle, and of nothing else, names fields.
  const isPartMissing = Reflect.has(Object(thrown), 'fields');
  const code = isPartMissing ? 'LOG_ENTRY_INVALID' : 'TIMESTAMP_INVALID';
  return new Refused(code, `expected evidence that can be read: ${quoted(messagesOf(thrown))}`, {
    cause: thrown,
  });
}
