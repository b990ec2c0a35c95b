import { parseDigest } from 'oci-client-ts';
import { SealiftError } from '../../core/index.ts';
import { signPredicateType, statementType } from '../evidence/signature-statement.ts';
import { maxAttestationBytes } from '../evidence/sigstore-bundle.ts';
import { parseStrictJson } from '../evidence/strict-json.ts';

/** An in-toto statement that is about to be signed. */
export interface SignedStatement {
  readonly predicateType: string;
  /** The statement's JSON: the bytes that are signed, in a DSSE envelope. */
  readonly payload: Uint8Array;
}

/** What an attestation says about its subject. */
export interface Predicate {
  /** URI. */
  readonly type: string;
  /** JSON, carried as it is written: a number that a double cannot hold stays what it was. */
  readonly json: Uint8Array;
}

/** What fits, in base64 and with certificate, log entries and timestamps, into the largest bundle that is read. Bytes. */
export const maxPredicateBytes = (maxAttestationBytes / 4) * 3 - 64 * 1024;

/** What `cosign sign` states: that the signer means this digest, with annotations of their choice. */
export function signatureStatement(
  digest: string,
  annotations: Readonly<Record<string, string>>,
): SignedStatement {
  const subject = [{ digest: digestSet(digest), annotations }];
  const statement = { _type: statementType, subject, predicateType: signPredicateType, predicate: {} };
  return { predicateType: signPredicateType, payload: Buffer.from(JSON.stringify(statement)) };
}

/**
 * What `cosign attest` states: something about this digest.
 * @throws SealiftError PREDICATE_INVALID for what readers would not take: no JSON, a key twice, more than `maxPredicateBytes`, the type of a
 * signature.
 */
export function attestationStatement(digest: string, { type, json }: Predicate): SignedStatement {
  if (type === signPredicateType)
    throw invalid(`expected the type of an attestation, got that of a signature`);
  if (json.byteLength > maxPredicateBytes) {
    throw invalid(`expected at most ${maxPredicateBytes} bytes, got ${json.byteLength}`);
  }
  try {
    parseStrictJson(json);
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : 'expected JSON', cause);
  }
  const head = JSON.stringify({
    _type: statementType,
    subject: [{ digest: digestSet(digest) }],
    predicateType: type,
  });
  const payload = Buffer.concat([Buffer.from(`${head.slice(0, -1)},"predicate":`), json, Buffer.from('}')]);
  return { predicateType: type, payload };
}

function digestSet(digest: string): Readonly<Record<string, string>> {
  const { algorithm, encoded } = parseDigest(digest);
  return { [algorithm]: encoded };
}

function invalid(detail: string, cause?: unknown): SealiftError {
  return new SealiftError('PREDICATE_INVALID', 'predicate', detail, { cause });
}
