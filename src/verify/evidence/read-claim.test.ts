import { describe, expect, it } from 'vitest';
import {
  bundleOf,
  contentOf,
  envelopeOf,
  newSigner,
  payloadOf,
  simpleSigningType,
  statementOf,
} from '../../../test/fixtures/signed-artifact.ts';
import type { UnverifiedCandidate, UnverifiedClaim } from './candidate.ts';
import { readClaim } from './read-claim.ts';
import { Refused } from './refused.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const other = `sha256:${'cd'.repeat(32)}`;
const sha = (of: string) => ({ sha256: of.slice('sha256:'.length) });
const signer = newSigner();
const provenance = 'https://slsa.dev/provenance/v1';
const oldStatement = 'https://in-toto.io/Statement/v0.1';
const attestation = (change = {}) => statementOf(digest, { predicateType: provenance, ...change });

type Legacy = Extract<UnverifiedCandidate, { format: 'legacy' }>;

const bundle = (value: unknown): UnverifiedCandidate => ({
  format: 'bundle',
  evidence: 'e',
  content: contentOf('', value).content,
});
const legacy = (change: Partial<Legacy>): UnverifiedCandidate => ({
  format: 'legacy',
  evidence: 'e',
  content: contentOf('', payloadOf(digest)).content,
  mediaType: simpleSigningType,
  annotations: { 'dev.cosignproject.cosign/signature': 'AA==' },
  ...change,
});
const legacyAttestation = (statement: unknown, change: Partial<Legacy> = {}): UnverifiedCandidate =>
  legacy({
    purpose: 'attestation',
    content: contentOf('', envelopeOf(signer, statement)).content,
    mediaType: 'application/vnd.dsse.envelope.v1+json',
    annotations: { 'dev.cosignproject.cosign/signature': '', predicateType: 'https://lie.test' },
    ...change,
  });

function claimOf(candidate: UnverifiedCandidate): UnverifiedClaim {
  const claim = readClaim(candidate, digest);
  if (claim instanceof Refused) throw claim;
  return claim;
}

const refusalOf = (candidate: UnverifiedCandidate): unknown => {
  const claim = readClaim(candidate, digest);
  return claim instanceof Refused ? claim.code : claim.statement;
};

describe('annotations that the signer signed', () => {
  const annotated = (...subject: unknown[]) => bundle(bundleOf(signer, statementOf(digest, { subject })));

  it('are those of the subject that names the digest', () => {
    const candidate = annotated(
      { digest: sha(other), annotations: { env: 'test', only: 'there' } },
      { digest: sha(digest), annotations: { env: 'prod' } },
    );
    expect(claimOf(candidate).statement).toEqual({ kind: 'signature', annotations: { env: 'prod' } });
  });

  it('are none where no subject names the digest', () => {
    const candidate = annotated({ digest: sha(other), annotations: { env: 'test' } });
    expect(claimOf(candidate)).toMatchObject({ digests: [other], statement: { annotations: {} } });
  });

  it('are texts: what else was signed there has no meaning', () => {
    const annotations = { text: 'a', number: 1, list: ['a'], nothing: null, object: { a: 'b' } };
    expect(claimOf(annotated({ digest: sha(digest), annotations })).statement).toEqual({
      kind: 'signature',
      annotations: { text: 'a' },
    });
    const content = contentOf('', payloadOf(digest, { optional: annotations })).content;
    expect(claimOf(legacy({ content })).statement).toEqual({
      kind: 'signature',
      annotations: { text: 'a' },
    });
  });

  it('attack 18: are refused when two subjects of one digest disagree', () => {
    const twice = (env: string) => ({ digest: sha(digest), annotations: { env } });
    expect(refusalOf(annotated(twice('prod'), twice('test')))).toBe('SIGNATURE_MALFORMED');
    expect(claimOf(annotated(twice('prod'), twice('prod'))).statement).toMatchObject({
      annotations: { env: 'prod' },
    });
  });
});

describe('an attestation', () => {
  it.each([
    ['in a bundle, statement v1', bundle(bundleOf(signer, attestation({ predicate: { a: 1 } })))],
    [
      'in a bundle, statement v0.1',
      bundle(bundleOf(signer, attestation({ _type: oldStatement, predicate: { a: 1 } }))),
    ],
    ['in a legacy layer, statement v1', legacyAttestation(attestation({ predicate: { a: 1 } }))],
    [
      'in a legacy layer, statement v0.1',
      legacyAttestation(attestation({ _type: oldStatement, predicate: { a: 1 } })),
    ],
  ])('%s, says what its statement says', (_where, candidate) => {
    expect(claimOf(candidate)).toMatchObject({
      digests: [digest],
      statement: { kind: 'attestation', predicateType: provenance, predicate: { a: 1 } },
      material: { kind: 'key' },
    });
  });

  it('of the legacy kind has its envelope stamped, one in a bundle its signature', () => {
    const envelope = legacyAttestation(attestation());
    expect(claimOf(envelope).timestamped).toEqual(envelope.content);
    expect(claimOf(bundle(bundleOf(signer, attestation()))).timestamped).toBeUndefined();
  });

  it('may be larger than a signature, which stays below 256 KiB', () => {
    const large = (change: object) => {
      const filler = { annotations: { filler: 'x'.repeat(200 * 1024) } };
      return bundle(
        bundleOf(signer, statementOf(digest, { subject: [{ digest: sha(digest), ...filler }], ...change })),
      );
    };
    expect(refusalOf(large({}))).toBe('SIGNATURE_MALFORMED');
    expect(refusalOf(large({ predicateType: provenance }))).toMatchObject({ kind: 'attestation' });
  });

  it('attack 12: has 4 MiB at most', () => {
    const predicate = 'x'.repeat(3 * 1024 * 1024 + 1024);
    expect(refusalOf(bundle(bundleOf(signer, attestation({ predicate }))))).toBe('SIGNATURE_MALFORMED');
  });

  it.each([
    [
      'attack 07: a signature among attestations',
      legacyAttestation(statementOf(digest)),
      'SIGNATURE_WRONG_TYPE',
    ],
    [
      'attack 07: a signature that states it in version 0.1',
      bundle(bundleOf(signer, statementOf(digest, { _type: oldStatement }))),
      'SIGNATURE_WRONG_TYPE',
    ],
    [
      'attack 07: an attestation among signatures',
      legacyAttestation(attestation(), { purpose: 'signature' }),
      'SIGNATURE_WRONG_TYPE',
    ],
    [
      'attack 07: a simple signature among attestations',
      legacy({ purpose: 'attestation' }),
      'SIGNATURE_WRONG_TYPE',
    ],
    [
      'attack 07: another statement type',
      legacyAttestation(attestation({ _type: 'https://in-toto.io/Statement/v2' })),
      'SIGNATURE_WRONG_TYPE',
    ],
    [
      'attack 07: another payload type',
      legacyAttestation('', {
        content: contentOf('', envelopeOf(signer, attestation(), 'text/plain')).content,
      }),
      'SIGNATURE_WRONG_TYPE',
    ],
    [
      'attack 28: on a text layer',
      legacyAttestation(attestation(), { mediaType: 'text/plain' }),
      'SIGNATURE_WRONG_TYPE',
    ],
    ['attack 18: with a further field', legacyAttestation(attestation({ extra: 1 })), 'SIGNATURE_MALFORMED'],
    [
      'attack 18: with a key twice in the predicate',
      legacyAttestation(JSON.stringify(attestation()).replace('"predicate":{}', '"predicate":{"a":1,"a":2}')),
      'SIGNATURE_MALFORMED',
    ],
    [
      'attack 18: with a key twice in the envelope',
      legacyAttestation('', {
        content: Buffer.from(
          JSON.stringify(envelopeOf(signer, attestation())).replace('{', '{"payloadType":"text/plain",'),
        ),
      }),
      'SIGNATURE_MALFORMED',
    ],
  ])('%s: refused', (_what, candidate, code) => {
    expect(refusalOf(candidate)).toBe(code);
  });
});

describe('a legacy signature', () => {
  it.each([
    ['missing', {}],
    ['empty', { 'dev.cosignproject.cosign/signature': '' }],
    ['inherited', Object.create({ 'dev.cosignproject.cosign/signature': 'AA==' })],
  ])('attack 28: the annotation that is %s: refused', (_what, annotations) => {
    const claim = readClaim(legacy({ annotations }), digest);
    expect(claim).toBeInstanceOf(Refused);
    expect(claim).toMatchObject({
      message: expect.stringContaining('expected the annotation dev.cosignproject'),
    });
  });
});

describe('a message signature', () => {
  it('attack 07: is never read from a registry, whatever it is over', () => {
    const messageSignature = {
      messageDigest: { algorithm: 'SHA2_256', digest: 'AA==' },
      signature: 'AA==',
    };
    const message = { ...bundleOf(signer, ''), dsseEnvelope: undefined, messageSignature };
    expect(refusalOf(bundle(message))).toBe('SIGNATURE_WRONG_TYPE');
  });
});
