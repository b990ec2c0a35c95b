import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlainlyGood } from '../../test/fixtures/plain-judge.ts';
import {
  bundleOf,
  envelopeOf,
  newSigner,
  payloadOf,
  type Signer,
  simpleSigningType,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import type { UnverifiedCandidate } from './evidence/candidate.ts';
import { examine } from './policy/examine.ts';
import { anyAuthority, type Requirement } from './policy/requirement.ts';
import { parsePublicKey } from './proof/public-key.ts';

// Documents that are nearly right, most of them rightly signed: what is accepted has to be good by the plain judge too, which shares no code.

const digest = `sha256:${'ab'.repeat(32)}`;
const other = `sha256:${'cd'.repeat(32)}`;
const provenance = 'https://slsa.dev/provenance/v1';
const signPredicate = 'https://sigstore.dev/cosign/sign/v1';
const trusted = [newSigner('p256'), newSigner('p384')];
const stranger = newSigner();
const publicPems = trusted.map(({ publicPem }) => publicPem);

const authorities = await Promise.all(
  trusted.map(async ({ publicPem }) => ({
    kind: 'key' as const,
    name: 'key',
    keys: [{ key: await parsePublicKey(publicPem, 'key') }],
    time: { logs: 0, timestamps: 0 },
  })),
);
const signature = anyAuthority('signature', authorities);
const attested: Requirement = {
  ...signature,
  threshold: 0,
  attestations: [{ name: 'built', predicateType: provenance, authorities, rules: [] }],
};

function holds(candidate: UnverifiedCandidate, requirement: Requirement): boolean {
  const [judgement] = examine(candidate, { requirements: [requirement], digest, now: 0 }).judgements;
  return judgement?.kind === 'examined' && judgement.attempts.some(({ result }) => result.kind === 'held');
}

/** Judged for both; counted, so that the property is seen to be about something. */
const accepted = { signature: 0, attestation: 0 };
function compare(candidate: UnverifiedCandidate): void {
  const asked = { publicPems, digest };
  const isSigned = holds(candidate, signature);
  const isAttested = holds(candidate, attested);
  if (isSigned) accepted.signature += 1;
  if (isAttested) accepted.attestation += 1;
  if (isSigned) expect(isPlainlyGood(candidate, asked)).toBe(true);
  if (isAttested) expect(isPlainlyGood(candidate, { ...asked, predicateType: provenance })).toBe(true);
}

const strings = fc.constantFrom(
  digest,
  digest.slice('sha256:'.length),
  other.slice('sha256:'.length),
  'sha256',
  'sha512',
  signPredicate,
  provenance,
  'https://in-toto.io/Statement/v0.1',
  'https://in-toto.io/Statement/v1',
  'application/vnd.in-toto+json',
  'application/vnd.dev.sigstore.bundle+json;version=0.1',
  'application/vnd.dev.sigstore.bundle.v0.3+json',
  'cosign container image signature',
  'AAAA',
  '',
);
const values = fc.oneof(strings, fc.jsonValue({ maxDepth: 2 }));

/** A change of a document: a value somewhere, a key left out, a key twice. */
const change = fc.record({
  kind: fc.constantFrom<'replace' | 'remove' | 'twice' | 'keep'>(
    'replace',
    'remove',
    'twice',
    'keep',
    'keep',
  ),
  at: fc.nat(),
  value: values,
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

type Path = readonly string[];

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))];
}

function withValue(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  if (rest.length === 0 && by === undefined) delete copy[key];
  else copy[key] = withValue(copy[key], rest, by);
  return copy;
}

/** JSON text of a document with a change; a key is doubled in the text, where alone it can stand twice. */
function changed(document: unknown, { kind, at, value }: Change): string {
  const paths = pathsOf(document);
  const path = paths[at % paths.length] ?? [];
  if (kind === 'keep') return JSON.stringify(document);
  if (kind === 'remove' && path.length > 0) return JSON.stringify(withValue(document, path, undefined));
  const key = path.at(-1);
  if (kind === 'twice' && key !== undefined) {
    const name = JSON.stringify(key);
    return JSON.stringify(document).replace(`${name}:`, `${name}:${JSON.stringify(value)},${name}:`);
  }
  return JSON.stringify(withValue(document, path, value)) ?? 'null';
}

const signers = fc.constantFrom<Signer>(...trusted, ...trusted, stranger);
const statements = fc.constantFrom(
  statementOf(digest),
  statementOf(digest, { predicateType: provenance, predicate: { builder: 'b' } }),
  statementOf(digest, { _type: 'https://in-toto.io/Statement/v0.1', predicateType: provenance }),
  statementOf(other),
);
const payloadTypes = fc.constantFrom(
  'application/vnd.in-toto+json',
  'application/vnd.in-toto+json',
  'text/plain',
);

const evidence = 'e';
const envelopes = fc
  .tuple(signers, statements, change, payloadTypes)
  .map(([signer, statement, inner, payloadType]) =>
    envelopeOf(signer, changed(statement, inner), payloadType),
  );
const bundles = fc.tuple(envelopes, change).map(([dsseEnvelope, outer]): UnverifiedCandidate => {
  const document = { ...bundleOf(stranger, ''), dsseEnvelope };
  return { format: 'bundle', evidence, content: Buffer.from(changed(document, outer)) };
});
const legacyAttestations = fc
  .tuple(envelopes, change, fc.constantFrom('signature' as const, 'attestation' as const))
  .map(
    ([envelope, outer, purpose]): UnverifiedCandidate => ({
      format: 'legacy',
      purpose,
      evidence,
      content: Buffer.from(changed(envelope, outer)),
      mediaType: 'application/vnd.dsse.envelope.v1+json',
      annotations: {},
    }),
  );

const spellings = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => text,
  (text) => `${text}\n`,
  (text) => text.replace(/=+$/, ''),
  () => '',
);
const annotations = fc.dictionary(
  fc.constantFrom(
    'dev.sigstore.cosign/certificate',
    'dev.sigstore.cosign/bundle',
    'dev.sigstore.cosign/rfc3161timestamp',
  ),
  fc.oneof(fc.string(), fc.json(), fc.constant('')),
  { maxKeys: 1 },
);
const legacySignatures = fc
  .tuple(signers, fc.constantFrom(payloadOf(digest), payloadOf(other)), change, spellings, annotations)
  .map(([signer, payload, inner, respell, further]): UnverifiedCandidate => {
    const content = Buffer.from(changed(payload, inner));
    return {
      format: 'legacy',
      evidence,
      content,
      mediaType: simpleSigningType,
      annotations: {
        ...further,
        'dev.cosignproject.cosign/signature': respell(signer.sign(content).toString('base64')),
      },
    };
  });

describe('attack 17: what the product accepts, the plain judge accepts', () => {
  it.each([
    ['bundles', bundles, ['signature', 'attestation']],
    ['legacy attestations', legacyAttestations, ['attestation']],
    ['legacy signatures', legacySignatures, ['signature']],
  ] as const)('of %s', (_what, candidates, kinds) => {
    accepted.signature = 0;
    accepted.attestation = 0;
    fc.assert(fc.property(candidates, compare), { numRuns: 800 });
    for (const kind of ['signature', 'attestation'] as const) {
      if ((kinds as readonly string[]).includes(kind)) expect(accepted[kind]).toBeGreaterThan(10);
      else expect(accepted[kind]).toBe(0);
    }
  });
});
