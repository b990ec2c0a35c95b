import { describe, expect, it } from 'vitest';
import { newSigner, siteObject } from '../../../test/fixtures/signed-artifact.ts';
import { by, type Evidence, policyOf, signedSite } from '../../../test/fixtures/signed-site.ts';
import { explainVerdict } from '../index.ts';

const alice = newSigner();
const stranger = newSigner();
const provenance = 'https://slsa.dev/provenance/v1';
const authorities = [{ name: 'a', key: { data: alice.publicPem } }];

const attestation = (predicateType: string): Evidence => by(alice, { predicateType, predicate: {} });

const root = siteObject('Secret', 'root', { stringData: { 'trusted_root.json': '{}' } });

async function explain(spec: Record<string, unknown>, ...evidence: readonly Evidence[]) {
  const { store, request } = await signedSite(
    [policyOf('release', { authorities, ...spec }), root],
    evidence,
  );
  return explainVerdict({ openRepository: () => store }, request, new AbortController().signal);
}

const attested = { attestations: [{ name: 'p', predicateType: provenance }] };

describe('what was found', () => {
  it('is told by its own word: signatures, and attestations by their type', async () => {
    const { report } = await explain(attested, by(alice), attestation(provenance));
    expect(report?.found.map(({ states }) => states)).toEqual(
      expect.arrayContaining(['signature', { predicateType: provenance }]),
    );
    expect(report?.found).toHaveLength(2);
  });

  it('is neither accepted nor refused where nobody asks for its kind', async () => {
    const { verdict, report } = await explain(
      { ...attested, require: 'none' },
      attestation(provenance),
      attestation('https://other.test/v1'),
    );
    expect(verdict.kind).toBe('accepted');
    expect(report?.found).toHaveLength(2);
    expect(report?.policies[0]?.candidates).toHaveLength(1);
    expect(report?.policies[0]?.refusals).toEqual([]);
  });
});

it('an identity that is denied says nothing about a key', async () => {
  const deny = { identities: [{ issuer: 'https://token.test', subject: 'https://forge.test/org/app' }] };
  expect((await explain({ deny }, by(alice))).verdict.kind).toBe('accepted');
});

it.each([
  ['that is stored', { name: 'ours' }, 'trusted root ours'],
  ['in a Secret', { secretRef: { name: 'root' } }, 'Secret/default/root'],
])(
  'a trusted root %s is missed by name where there is no store of them',
  async (_where, trustedRoot, subject) => {
    const keyless = { identities: [{ issuer: 'https://token.test', subject: 'me' }], trustedRoot };
    await expect(explain({ authorities: [{ name: 'ci', keyless }] }, by(alice))).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
      subject: expect.stringContaining(subject),
      message: expect.stringContaining('expected a store of trusted roots'),
    });
  },
);

describe('a refusal', () => {
  const named = (name: string, { publicPem } = alice) => ({ name, key: { data: publicPem } });

  async function firstOf(spec: Record<string, unknown>, signer = alice): Promise<string | undefined> {
    const { verdict } = await explain(spec, by(signer));
    return verdict.kind === 'refused' ? verdict.refusals[0]?.detail : undefined;
  }

  it('of one signer who stands for two authorities says that they count once', async () => {
    const spec = { authorities: [named('a'), named('b')], require: { atLeast: 2 } };
    expect(await firstOf(spec)).toBe(
      'expected 2 of 2 authorities to sign (release/a, release/b), got 1: release/a, release/b; one signer counts once',
    );
  });

  it('for want of a second signer says so alone: whoever signed is not refused by the others', async () => {
    const spec = { authorities: [named('a'), named('b', stranger)], require: { atLeast: 2 } };
    const { verdict } = await explain(spec, by(alice));
    expect(verdict).toMatchObject({ kind: 'refused', refusals: [{ code: 'SIGNATURE_TOO_FEW' }] });
    expect(await firstOf(spec)).toMatch(/got 1: release\/a$/);
  });

  it.each([
    [1, /^expected a signature by .* by its own word$/],
    [2, /^release\/0: expected .* \(and the same of 1 more\)$/],
    [3, /^release\/0: expected .* \(and the same of 2 more\)$/],
  ])('by %i authorities names one, and how many said the same', async (count, detail) => {
    const authorities = Array.from({ length: count }, (_, at) => named(String(at), newSigner()));
    expect(await firstOf({ authorities }, stranger)).toMatch(detail);
  });

  it('by several authorities for several reasons names the one that tells most', async () => {
    const ended = { name: 'ended', key: { data: stranger.publicPem, notAfter: '2020-01-01T00:00:00Z' } };
    const detail = await firstOf({ authorities: [named('a'), ended] }, stranger);
    expect(detail).toMatch(/^release\/ended: /);
    expect(detail).not.toContain('the same of');
  });

  it('of an attestation in place of a signature names its type', async () => {
    const { verdict } = await explain({}, attestation(provenance));
    expect(verdict).toMatchObject({
      code: 'SIGNATURE_WRONG_TYPE',
      detail: expect.stringContaining(`got an attestation of type "${provenance}", which grants nothing`),
    });
  });

  it('of an unknown key names the keys of the policy, and whose word the other one is', async () => {
    const { verdict } = await explain({}, by(stranger));
    expect(verdict).toMatchObject({
      code: 'SIGNATURE_KEY_UNKNOWN',
      detail: expect.stringContaining(`${alice.id}, got one by another key, ${stranger.id} by its own word`),
    });
    const unnamed: Evidence = async (digest) => ({
      ...(await by(stranger)(digest)),
      verificationMaterial: { publicKey: {} },
    });
    expect((await explain({}, unnamed)).verdict).toMatchObject({
      detail: expect.stringMatching(/, got one by another key$/),
    });
  });
});
