import * as z from 'zod';
import type { Statement, UnverifiedClaim } from './candidate.ts';
import { madeOnce } from './made-once.ts';
import { quoted, Refused } from './refused.ts';
import { expectType, signPredicateType, statementType } from './signature-statement.ts';
import { conform, parseStrictJson } from './strict-json.ts';

/** What `cosign attest` and older builders write. https://github.com/in-toto/attestation/blob/v1.1.0/spec/v0.1.0/statement.md */
const oldStatementType = 'https://in-toto.io/Statement/v0.1';

/** The limits that Sigstore's own verifiers set on one statement. */
const maxSubjects = 1024;
const maxDigests = 32;

const kindSchema = madeOnce(() => z.object({ _type: z.string(), predicateType: z.string() }));

const digestSchema = madeOnce(() =>
  z
    .record(z.string(), z.string())
    .refine((digests) => Object.keys(digests).length <= maxDigests, `expected at most ${maxDigests} digests`),
);

/** https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/resource_descriptor.md */
const subjectSchema = madeOnce(() =>
  z.strictObject({
    name: z.string().optional(),
    uri: z.string().optional(),
    digest: digestSchema(),
    content: z.string().optional(),
    downloadLocation: z.string().optional(),
    mediaType: z.string().optional(),
    annotations: z.record(z.string(), z.unknown()).optional(),
  }),
);

/** cosign 3.0.0 to 3.0.4 leave `predicate` out: https://github.com/sigstore/cosign/issues/4634 */
const statementSchema = madeOnce(() =>
  z.strictObject({
    _type: z.string(),
    subject: z.array(subjectSchema()).min(1).max(maxSubjects),
    predicateType: z.string().min(1),
    predicate: z.unknown().optional(),
  }),
);

type Subject = z.output<ReturnType<typeof subjectSchema>>;

/**
 * What a statement says, and about which digests. With the predicate of `cosign sign` it is a signature, which exists in version 1 alone;
 * with any other it is an attestation. @throws Refused SIGNATURE_WRONG_TYPE, SIGNATURE_MALFORMED.
 */
export function readStatement(
  payload: Uint8Array,
  digest: string,
): Pick<UnverifiedClaim, 'digests' | 'statement'> {
  const value = parseStrictJson(payload);
  const kind = conform(kindSchema(), value, 'statement');
  const isSignature = kind.predicateType === signPredicateType;
  if (isSignature || kind._type !== oldStatementType) expectType('statement', statementType, kind._type);
  const { subject: subjects, predicate } = conform(statementSchema(), value, 'statement');
  const statement: Statement = isSignature
    ? { kind: 'signature', annotations: annotationsOf(subjects, digest) }
    : { kind: 'attestation', predicateType: kind.predicateType, predicate };
  return { digests: subjects.flatMap(digestsOf), statement };
}

function digestsOf({ digest }: Subject): readonly string[] {
  return Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`);
}

/** What is signed about another subject says nothing about this one. */
function annotationsOf(subjects: readonly Subject[], digest: string): Readonly<Record<string, string>> {
  const named = subjects.filter((subject) => digestsOf(subject).includes(digest));
  const texts = named.flatMap(({ annotations = {} }) => Object.entries(textsOf(annotations)));
  const merged = new Map(texts);
  const contradicted = texts.find(([key, text]) => merged.get(key) !== text);
  if (contradicted !== undefined) {
    throw new Refused(
      'SIGNATURE_MALFORMED',
      `expected annotation ${quoted(contradicted[0])} once for a digest, got two that differ`,
    );
  }
  return Object.fromEntries(merged);
}

/** The annotations that are texts, as every one of `cosign sign -a` is; what else somebody signed there has no meaning. */
export function textsOf(annotations: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
