import { describe, expect, it } from 'vitest';
import {
  bundleOf,
  keyPolicy,
  newSigner,
  type Signer,
  statementOf,
} from '../../../test/fixtures/signed-artifact.ts';
import { by, type Evidence, policyOf, signedSite } from '../../../test/fixtures/signed-site.ts';
import type { Verdict } from '../../api/index.ts';
import { createVerifyStage, explainVerdict } from '../index.ts';

const alice = newSigner();
const bob = newSigner();
const carol = newSigner();
const provenance = 'https://slsa.dev/provenance/v1';

type Policy = ReturnType<typeof policyOf>;

const ofAnother =
  (signer: Signer): Evidence =>
  () =>
    bundleOf(signer, statementOf(`sha256:${'b'.repeat(64)}`));
const attestation = (signer: Signer, predicate: unknown): Evidence =>
  by(signer, { predicateType: provenance, predicate });
const keys = (...signers: readonly (readonly [string, Signer])[]) =>
  signers.map(([name, { publicPem }]) => ({ name, key: { data: publicPem } }));

async function judge(policies: readonly Policy[], evidence: readonly Evidence[]): Promise<Verdict> {
  const { store, request } = await signedSite(policies, evidence);
  return createVerifyStage({ openRepository: () => store }).verify(request, new AbortController().signal);
}

const endOf = async (policies: readonly Policy[], evidence: readonly Evidence[]): Promise<string> => {
  const verdict = await judge(policies, evidence);
  return verdict.kind === 'refused' ? verdict.code : verdict.kind;
};

const needsAlice = keyPolicy('alice', [alice.publicPem]);
const needsBob = keyPolicy('bob', [bob.publicPem]);
const tries = policyOf('try', { mode: 'warn', authorities: keys(['bob', bob]) });
const open = policyOf('open', { require: 'none' });
const none: readonly Evidence[] = [];

describe('policies that match the same source', () => {
  it.each<[string, readonly Policy[], readonly Evidence[], string]>([
    ['all hold', [needsAlice, needsBob], [by(alice), by(bob)], 'accepted'],
    ['one does not', [needsAlice, needsBob], [by(alice)], 'SIGNATURE_KEY_UNKNOWN'],
    [
      'a second lets the unsigned through, which opens nothing',
      [needsAlice, open],
      none,
      'SIGNATURE_MISSING',
    ],
    ['one alone lets the unsigned through', [open], none, 'not-required'],
    ['one that only warns does not hold', [needsAlice, tries], [by(alice)], 'accepted'],
    ['one that only warns is alone, and does not hold', [tries], none, 'not-required'],
    ['one that only warns is alone, and holds', [tries], [by(bob)], 'accepted'],
    ['a warning saves nothing that is enforced', [needsAlice, tries], [by(bob)], 'SIGNATURE_KEY_UNKNOWN'],
  ])('%s', async (_what, policies, evidence, end) => {
    expect(await endOf(policies, evidence)).toBe(end);
    expect(await endOf(policies.toReversed(), evidence.toReversed())).toBe(end);
  });

  it('a warning says what would have been refused', async () => {
    expect(await judge([needsAlice, tries], [by(alice)])).toMatchObject({
      kind: 'accepted',
      warnings: [{ code: 'SIGNATURE_KEY_UNKNOWN', detail: expect.stringContaining(bob.id) }],
    });
    expect(await judge([tries], none)).toMatchObject({
      kind: 'not-required',
      letThroughBy: ['VerificationPolicy/default/try'],
      warnings: [{ code: 'SIGNATURE_MISSING', subject: 'VerificationPolicy/default/try' }],
    });
  });
});

describe('what is denied', () => {
  const revoked = policyOf('revoked', { require: 'none', deny: { keys: [alice.id] } });
  const tryRevoked = policyOf('try-revoked', {
    mode: 'warn',
    require: 'none',
    deny: { keys: [alice.publicPem] },
  });
  const either = keyPolicy('either', [alice.publicPem, bob.publicPem]);

  it.each<[string, readonly Policy[], readonly Evidence[], string]>([
    ['counts for no other policy either', [either, revoked], [by(alice)], 'POLICY_DENIED'],
    ['does not stand in the way of who may sign', [either, revoked], [by(alice), by(bob)], 'accepted'],
    ['counts while it is only tried out', [either, tryRevoked], [by(alice)], 'accepted'],
    [
      'does not count towards a threshold',
      [policyOf('both', { authorities: keys(['a', alice], ['b', bob]), require: 'all' }), revoked],
      [by(alice), by(bob)],
      'POLICY_DENIED',
    ],
    [
      'attests nothing',
      [
        policyOf('built', {
          authorities: keys(['a', alice], ['b', bob]),
          attestations: [{ name: 'p', predicateType: provenance }],
        }),
        revoked,
      ],
      [by(bob), attestation(alice, {})],
      'POLICY_DENIED',
    ],
  ])('%s', async (_what, policies, evidence, end) => {
    expect(await endOf(policies, evidence)).toBe(end);
    expect(await endOf(policies.toReversed(), evidence.toReversed())).toBe(end);
  });

  it('is an artifact by its digest, whoever signed it and whatever lets it through', async () => {
    const { digest } = await signedSite([], []);
    const bad = policyOf('bad', { require: 'none', deny: { digests: [digest] } });
    expect(await endOf([bad], none)).toBe('POLICY_DENIED');
    expect(await endOf([needsAlice, bad], [by(alice)])).toBe('POLICY_DENIED');
    expect(await endOf([open, bad], none)).toBe('POLICY_DENIED');
  });
});

describe('attack 47: one good candidate among bad ones', () => {
  const built = policyOf('built', {
    authorities: keys(['a', alice], ['b', bob]),
    require: 'all',
    attestations: [
      { name: 'p', predicateType: provenance, authorities: ['a'], rules: [{ cel: 'predicate.level >= 2' }] },
    ],
  });
  const goodOnes = [by(alice), by(bob), attestation(alice, { level: 2 })];
  const badOnes: readonly Evidence[] = [
    by(carol),
    ofAnother(alice),
    attestation(alice, { level: 1 }),
    attestation(carol, { level: 9 }),
    attestation(alice, 'text'),
    () => ({ mediaType: 'nonsense' }),
    by(alice, { _type: 'https://in-toto.io/Statement/v9' }),
  ];

  it('is enough, wherever it stands', async () => {
    const all = [...badOnes, ...goodOnes];
    for (let turn = 0; turn < all.length; turn += 1) {
      const turned = [...all.slice(turn), ...all.slice(0, turn)];
      expect(await endOf([built], turned)).toBe('accepted');
    }
  });

  it.each(goodOnes.map((_, at) => at))('the others are not enough without it (%i)', async (at) => {
    const without = goodOnes.filter((_, other) => other !== at);
    expect((await judge([built], [...badOnes, ...without])).kind).toBe('refused');
  });

  it('an attestation never counts as a signature, nor a signature as an attestation', async () => {
    expect(await endOf([needsAlice], [attestation(alice, {})])).toBe('SIGNATURE_WRONG_TYPE');
    const attested = policyOf('attested', {
      authorities: keys(['a', alice]),
      require: 'none',
      attestations: [{ name: 'p', predicateType: provenance }],
    });
    expect(await endOf([attested], [by(alice)])).toBe('ATTESTATION_MISSING');
    expect(await endOf([attested], [attestation(alice, {})])).toBe('accepted');
  });
});

describe('attack 16: a threshold that one signer reaches alone', () => {
  it.each<[string, readonly Policy[], readonly Evidence[]]>([
    [
      'by one key under two names',
      [policyOf('two', { authorities: keys(['a', alice], ['b', alice]), require: { atLeast: 2 } })],
      [by(alice)],
    ],
    [
      'by signing twice',
      [policyOf('two', { authorities: keys(['a', alice], ['b', bob]), require: { atLeast: 2 } })],
      [by(alice), by(alice, { predicate: { again: true } })],
    ],
    [
      'by two keys of one rotation',
      [
        policyOf('two', {
          authorities: [
            { name: 'a', key: { data: `${alice.publicPem}${carol.publicPem}` } },
            { name: 'b', key: { data: bob.publicPem } },
          ],
          require: 'all',
        }),
      ],
      [by(alice), by(carol)],
    ],
    [
      'by listing the key in the other’s rotation',
      [
        policyOf('two', {
          authorities: [
            { name: 'a', key: { data: `${alice.publicPem}${bob.publicPem}` } },
            { name: 'b', key: { data: `${alice.publicPem}${carol.publicPem}` } },
          ],
          require: 'all',
        }),
      ],
      [by(alice)],
    ],
  ])('%s', async (_how, policies, evidence) => {
    expect(await endOf(policies, evidence)).toBe('SIGNATURE_TOO_FEW');
  });
});

it('of several signers, those that are there and those that were asked for are told by name', async () => {
  const three = policyOf('three', {
    authorities: keys(['a', alice], ['b', bob], ['c', carol]),
    require: { atLeast: 2 },
  });
  expect(await judge([three], [by(alice)])).toMatchObject({
    code: 'SIGNATURE_TOO_FEW',
    detail: expect.stringContaining(
      'expected 2 of 3 authorities to sign (three/a, three/b, three/c), got 1: three/a',
    ),
  });
});

describe('an explanation', () => {
  it('names what was asked, found, refused and why, and what satisfied it', async () => {
    const built = policyOf('built', {
      authorities: keys(['a', alice], ['b', bob]),
      attestations: [
        {
          name: 'p',
          predicateType: provenance,
          rules: [{ cel: 'predicate.level >= 2', message: 'expected level 2' }],
        },
      ],
    });
    const { store, request, digest } = await signedSite(
      [built, tries],
      [by(alice), by(carol), attestation(bob, { level: 1 })],
    );
    const { verdict, report } = await explainVerdict(
      { openRepository: () => store },
      request,
      new AbortController().signal,
    );
    expect(verdict).toMatchObject({ kind: 'refused', code: 'ATTESTATION_REFUSED' });
    expect(report?.found).toHaveLength(3);
    expect(report?.policies).toMatchObject([
      {
        name: 'VerificationPolicy/default/built',
        mode: 'enforce',
        holds: false,
        asked: {
          threshold: 1,
          authorities: [
            { name: 'built/a', kind: 'key', who: [`ECDSA P-256 ${alice.id}`] },
            { name: 'built/b', kind: 'key', who: [`ECDSA P-256 ${bob.id}`] },
          ],
          attestations: [{ name: 'p', predicateType: provenance, rules: ['expected level 2'] }],
        },
        satisfiedBy: [{ authority: 'built/a', keyId: alice.id }],
        refusals: [
          { code: 'ATTESTATION_REFUSED', detail: 'built/b: expected level 2: the rule does not hold' },
        ],
      },
      { name: 'VerificationPolicy/default/try', mode: 'warn', holds: false },
    ]);
    const attempts = report?.policies[0]?.candidates.flatMap((candidate) => candidate.attempts) ?? [];
    expect(attempts.filter((attempt) => 'signer' in attempt)).toHaveLength(1);
    expect(report?.digest).toBe(digest);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('looks at everything, where a verdict stops when it has enough', async () => {
    const { store, request } = await signedSite([needsAlice], [by(alice), by(bob), by(carol)]);
    const { verdict, report } = await explainVerdict(
      { openRepository: () => store },
      request,
      new AbortController().signal,
    );
    expect(verdict.kind).toBe('accepted');
    expect(report?.found).toHaveLength(3);
  });

  it('comes without a report where nothing was asked', async () => {
    const { store, request } = await signedSite([], []);
    const explained = await explainVerdict(
      { openRepository: () => store },
      request,
      new AbortController().signal,
    );
    expect(explained).toEqual({
      verdict: { kind: 'not-required', digest: request.resolved.manifest.digest },
    });
  });
});

describe('policies of one name in two namespaces', () => {
  it('each count their own signers', async () => {
    const edge = keyPolicy('edge/release', [alice.publicPem]);
    const central = keyPolicy('central/release', [bob.publicPem]);
    expect(await judge([edge, central], [by(alice), by(bob)])).toMatchObject({
      signers: [
        { policy: 'VerificationPolicy/edge/release', authority: 'release/key-0', keyId: alice.id },
        { policy: 'VerificationPolicy/central/release', authority: 'release/key-0', keyId: bob.id },
      ],
    });
  });
});
