import * as z from 'zod';
import { quoted, Refused } from './refused.ts';
import { conform, parseStrictJson } from './strict-json.ts';

/** https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/statement.md */
export const statementType = 'https://in-toto.io/Statement/v1';

/** What `cosign sign` states since 3.0. Every other predicate is an attestation, whoever signed it: it grants nothing here. */
export const signPredicateType = 'https://sigstore.dev/cosign/sign/v1';

/** The limits that Sigstore's own verifiers set on one statement. */
const maxSubjects = 1024;
const maxDigests = 32;

const kindSchema = z.object({ _type: z.string(), predicateType: z.string() });

const digestSchema = z
  .record(z.string(), z.string())
  .refine((digests) => Object.keys(digests).length <= maxDigests, `expected at most ${maxDigests} digests`);

/** https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/resource_descriptor.md */
const subjectSchema = z.strictObject({
  name: z.string().optional(),
  uri: z.string().optional(),
  digest: digestSchema,
  content: z.string().optional(),
  downloadLocation: z.string().optional(),
  mediaType: z.string().optional(),
  annotations: z.record(z.string(), z.unknown()).optional(),
});

/** cosign 3.0.0 to 3.0.4 leave `predicate` out: https://github.com/sigstore/cosign/issues/4634 */
const statementSchema = z.strictObject({
  _type: z.literal(statementType),
  subject: z.array(subjectSchema).min(1).max(maxSubjects),
  predicateType: z.literal(signPredicateType),
  predicate: z.unknown().optional(),
});

/** The digests that a signature statement is about. @throws Refused SIGNATURE_WRONG_TYPE, SIGNATURE_MALFORMED. */
export function readSignatureStatement(payload: Uint8Array): readonly string[] {
  const value = parseStrictJson(payload);
  const kind = conform(kindSchema, value, 'statement');
  expectType('predicate', signPredicateType, kind.predicateType);
  expectType('statement', statementType, kind._type);
  const { subject } = conform(statementSchema, value, 'statement');
  return subject.flatMap(({ digest }) =>
    Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`),
  );
}

/** @throws Refused SIGNATURE_WRONG_TYPE. */
export function expectType(what: string, expected: string, got: string): void {
  if (got !== expected)
    throw new Refused('SIGNATURE_WRONG_TYPE', `expected ${what} type ${expected}, got ${quoted(got)}`);
}
