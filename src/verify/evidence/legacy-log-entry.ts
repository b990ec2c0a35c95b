import * as z from 'zod';
import type { LogEntry } from './log-entry.ts';
import { madeOnce } from './made-once.ts';
import { base64Schema, decodeBase64 } from './strict-base64.ts';
import { conform, parseStrictJson } from './strict-json.ts';

/** What cosign keeps of a Rekor v1 entry: its promise, and no proof. */
const promiseSchema = madeOnce(() =>
  z.strictObject({
    SignedEntryTimestamp: base64Schema,
    Payload: z.strictObject({
      body: base64Schema,
      integratedTime: z.int().nonnegative(),
      logIndex: z.int().nonnegative(),
      logID: z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 as lower case hexadecimal digits'),
    }),
  }),
);

/** The body names its own kind; what follows is read by whoever checks the entry. */
const bodySchema = madeOnce(() =>
  z.object({ kind: z.string().min(1).max(64), apiVersion: z.string().min(1).max(64) }),
);

/** A log entry of a legacy annotation as an entry of a bundle v0.1. @throws Refused SIGNATURE_MALFORMED. */
export function liftLogEntry(content: Uint8Array, annotation: string): LogEntry {
  const { SignedEntryTimestamp, Payload } = conform(promiseSchema(), parseStrictJson(content), annotation);
  const body = parseStrictJson(decodeBase64(Payload.body, `${annotation} body`));
  const { kind, apiVersion } = conform(bodySchema(), body, `${annotation} body`);
  return {
    logIndex: String(Payload.logIndex),
    logId: { keyId: Buffer.from(Payload.logID, 'hex').toString('base64') },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(Payload.integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    canonicalizedBody: Payload.body,
  };
}
