import type { Refusal } from '../../api/index.ts';
import type { ErrorCode } from '../../core/index.ts';

/**
 * What tells the operator most comes first: what is forbidden, an attack, what is nearly right, a signer whom the policy does not know, then
 * broken evidence, then none.
 */
const order: readonly ErrorCode[] = [
  'POLICY_DENIED',
  'SIGNATURE_WRONG_DIGEST',
  'SIGNATURE_TOO_FEW',
  'ATTESTATION_REFUSED',
  'ATTESTATION_MISSING',
  'KEY_EXPIRED',
  'SIGNATURE_IDENTITY_UNKNOWN',
  'TIME_UNPROVEN',
  'LOG_ENTRY_INVALID',
  'TIMESTAMP_INVALID',
  'CERTIFICATE_INVALID',
  'SIGNATURE_KEY_UNKNOWN',
  'SIGNATURE_MALFORMED',
  'SIGNATURE_WRONG_TYPE',
  'SIGNATURE_MISSING',
];

/** Sorts refusals; equal ones by what they are about, so that the order of candidates does not matter. */
export function byTelling(a: Refusal, b: Refusal): number {
  return rank(a.code) - rank(b.code) || compare(a.subject, b.subject) || compare(a.detail, b.detail);
}

/** The first of those that tell most. */
export function mostTelling<T>(values: readonly T[], codeOf: (value: T) => ErrorCode): T | undefined {
  const best = Math.min(...values.map((value) => rank(codeOf(value))));
  return values.find((value) => rank(codeOf(value)) === best);
}

function rank(code: ErrorCode): number {
  const at = order.indexOf(code);
  return at < 0 ? order.length : at;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
