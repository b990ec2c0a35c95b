import { quoted, Refused } from './refused.ts';

/** https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/statement.md */
export const statementType = 'https://in-toto.io/Statement/v1';

/** What `cosign sign` states since 3.0. Every other predicate is an attestation, whoever signed it: it grants nothing here. */
export const signPredicateType = 'https://sigstore.dev/cosign/sign/v1';

/** @throws Refused SIGNATURE_WRONG_TYPE. */
export function expectType(what: string, expected: string, got: string): void {
  if (got !== expected)
    throw new Refused('SIGNATURE_WRONG_TYPE', `expected ${what} type ${expected}, got ${quoted(got)}`);
}
