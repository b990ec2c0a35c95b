import { mediaTypes } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { contentOf, desiredState, keyPolicy, ociSource } from '../../../test/fixtures/signed-artifact.ts';
import { type Floor, floorKey, type Signer, type Verdict } from '../../api/index.ts';
import { createFreshnessStage } from '../index.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const url = 'oci://registry.test/app';
const sequence = 'dev.sealift.sequence';
const expires = 'dev.sealift.expires';
const past = '2026-05-01T00:00:00Z';
const later = '2026-07-01T00:00:00Z';

type Fields = Readonly<Record<string, unknown>>;
type Outcome = ReturnType<ReturnType<typeof createFreshnessStage>['judge']>;

const policy = (name: string, freshness: Fields, more: Fields = {}) =>
  keyPolicy(`edge/${name}`, ['x'], { freshness, ...more });

const signer = (authority: string, annotations: Readonly<Record<string, string>> = {}): Signer => ({
  policy: authority.startsWith('spec.verify/')
    ? 'spec.verify'
    : `VerificationPolicy/edge/${authority.split('/')[0]}`,
  authority,
  keyId: 'sha256:00',
  format: 'bundle',
  evidence: 'sha256:11',
  times: [],
  annotations,
});

type Accepting = Exclude<Verdict, { readonly kind: 'refused' }>;

interface Asked {
  readonly policies: readonly ReturnType<typeof policy>[];
  readonly number?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** In place of a manifest. */
  readonly content?: Uint8Array;
  readonly tag?: string;
  readonly signers?: readonly Signer[];
  readonly verdict?: Accepting;
  readonly url?: string;
  readonly source?: Fields;
  readonly floors?: Map<string, Floor>;
}

/** Judges an artifact of that sequence, and keeps the floors that move. */
function look({ policies, number = 7, tag = 'stable@', floors = new Map(), ...asked }: Asked): Outcome {
  const annotations = { [sequence]: String(number), ...asked.annotations };
  const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, layers: [], annotations };
  const empty = { mediaType: mediaTypes.ociEmpty, digest: `sha256:${'0'.repeat(64)}`, size: 2 };
  const { descriptor: manifest, content } = contentOf(mediaTypes.ociManifest, { ...document, config: empty });
  const { digest } = manifest;
  const signers = asked.signers ?? policies.map(({ metadata }) => signer(`${metadata.name}/key-0`));
  const outcome = createFreshnessStage().judge({
    source: ociSource(asked.url ?? url, asked.source),
    desired: desiredState(...policies),
    resolved: { revision: `${tag}${digest}`, manifest, content: asked.content ?? content },
    verdict: asked.verdict ?? { kind: 'accepted', digest, signers, warnings: [] },
    floors: { of: (repository) => [...floors.values()].filter((floor) => floor.repository === repository) },
    now,
  });
  if (outcome.kind === 'fresh') for (const { to } of outcome.moves) floors.set(floorKey(to), to);
  return outcome;
}

const codeOf = (outcome: Outcome): string => (outcome.kind === 'fresh' ? 'fresh' : outcome.code);

const ordered = policy('ordered', { order: 'sequence' });

describe('createFreshnessStage', () => {
  it('asks for something else when the site has another name, or a policy or spec.verify says so', () => {
    const secret = { verify: { provider: 'cosign', secretRef: { name: 'keys' } } };
    const asked = [
      [createFreshnessStage(), ociSource(url), desiredState(ordered)],
      [createFreshnessStage('site-17'), ociSource(url), desiredState(ordered)],
      [createFreshnessStage(), ociSource(url), desiredState(policy('ordered', { order: 'semver' }))],
      [createFreshnessStage(), ociSource(url), desiredState(ordered, policy('other', {}))],
      [createFreshnessStage(), ociSource(url, secret), desiredState(ordered)],
    ] as const;
    const bases = asked.map(([stage, source, desired]) => stage.basis(source, desired));
    expect(new Set(bases).size).toBe(asked.length);
    expect(createFreshnessStage().basis(ociSource(url), desiredState(ordered))).toBe(bases[0]);
    const elsewhere = policy('elsewhere', {}, { match: { repositories: ['other.test/**'] } });
    expect(createFreshnessStage().basis(ociSource(url), desiredState(ordered, elsewhere))).toBe(bases[0]);
  });

  it('says which floors move, and whence', () => {
    const floors = new Map<string, Floor>();
    const first = look({ policies: [ordered], floors });
    expect(first).toMatchObject({ moves: [{ to: { value: 7 } }] });
    expect(first).not.toHaveProperty('moves.0.from');
    expect(look({ policies: [ordered], floors })).toMatchObject({ moves: [], floors: [{ value: 7 }] });
    expect(look({ policies: [ordered], number: 8, floors })).toMatchObject({
      moves: [{ from: { value: 7 }, to: { value: 8 } }],
    });
  });

  it.each(['oci://registry.test:443/app', 'oci://REGISTRY.test/app', 'oci://registry.test:0443/app'])(
    'finds the floor of a repository however it is spelled: %s',
    (spelled) => {
      const floors = new Map<string, Floor>();
      look({ policies: [ordered], floors });
      expect(codeOf(look({ policies: [ordered], number: 6, floors, url: spelled }))).toBe(
        'REVISION_ROLLBACK',
      );
    },
  );

  it('knows Docker Hub under each of its names', () => {
    const floors = new Map<string, Floor>();
    look({ policies: [ordered], floors, url: 'oci://docker.io/library/app' });
    const again = look({ policies: [ordered], number: 6, floors, url: 'oci://index.docker.io/app' });
    expect(codeOf(again)).toBe('REVISION_ROLLBACK');
  });

  it('all policies have to hold, and the refusal names the one that does not', () => {
    const strict = policy('strict', { expires: 'required' });
    expect(look({ policies: [ordered, strict] })).toMatchObject({
      code: 'REVISION_EXPIRED',
      detail: expect.stringContaining('VerificationPolicy/edge/strict: '),
    });
  });

  it('what one policy counts says nothing to another', () => {
    const strict = policy('strict', { expires: 'required' });
    const other = policy('other', {});
    const [mine, theirs] = [
      signer('strict/key-0', { [expires]: past }),
      signer('other/key-0', { [expires]: later }),
    ];
    expect(codeOf(look({ policies: [strict, other], signers: [mine, theirs] }))).toBe('REVISION_EXPIRED');
    expect(
      codeOf(look({ policies: [strict], signers: [{ ...theirs, authority: 'strict-too/key-0' }] })),
    ).toBe('REVISION_EXPIRED');
  });

  it('what one policy lets go back is not let go back for another', () => {
    const other = policy('other', { order: 'sequence' });
    const floors = new Map<string, Floor>();
    const policies = [ordered, other];
    look({ policies, floors });
    const back = signer('ordered/key-0', { 'dev.sealift.allow-step-back-from': '7' });
    const signers = [back, signer('other/key-0')];
    expect(codeOf(look({ policies, number: 5, signers, floors }))).toBe('REVISION_ROLLBACK');
    const both = [back, signer('other/key-0', back.annotations)];
    expect(look({ policies, number: 5, signers: both, floors })).toMatchObject({
      moves: [{ from: { value: 7 }, to: { value: 5, epoch: 1 } }],
    });
  });

  it('as many signers as the policy asks for have to take a site back', () => {
    const two = keyPolicy('edge/two', ['x', 'y', 'z'], {
      require: { atLeast: 2 },
      freshness: { order: 'sequence' },
    });
    const policies = [two];
    const says = (key: number, annotations: Readonly<Record<string, string>> = {}): Signer => ({
      ...signer(`two/key-${key}`, annotations),
      keyId: `sha256:0${key}`,
    });
    const back = { 'dev.sealift.allow-step-back-from': '7' };
    const floors = new Map<string, Floor>();
    look({ policies, signers: [says(0), says(1)], floors });
    for (const signers of [
      [says(0), says(1), says(2, back)],
      [says(0, back), says(1), { ...says(0, back), authority: 'two/key-1' }],
      [says(0, back), says(1, { 'dev.sealift.allow-step-back-from': '6' })],
    ]) {
      expect(codeOf(look({ policies, number: 5, signers, floors }))).toBe('REVISION_ROLLBACK');
    }
    const both = [says(0), says(1, back), says(2, back)];
    expect(look({ policies, number: 5, signers: both, floors })).toMatchObject({
      moves: [{ from: { value: 7 }, to: { value: 5, epoch: 1 } }],
    });
  });

  it('two policies that order by the time of signing each have a floor of their own', () => {
    const times = { order: 'signedTime' };
    const policies = [policy('ci', times), policy('security', times)];
    const at = (hours: number): number => now - 1_000 * 3_600_000 + hours * 3_600_000;
    const signed = (name: string, hours: number): Signer => ({
      ...signer(`${name}/key-0`),
      identity: { issuer: 'i', subject: name },
      certifiedSince: at(hours),
      times: [{ by: 'log', operator: 'log', at: at(hours) }],
    });
    const by = (ci: number, security: number) => [signed('ci', ci), signed('security', security)];
    const floors = new Map<string, Floor>();
    expect(codeOf(look({ policies, number: 1, floors, signers: by(1, 20) }))).toBe('fresh');
    expect(codeOf(look({ policies, number: 2, floors, signers: by(10, 21) }))).toBe('fresh');
    expect([...floors.values()].map(({ policy, value }) => [policy, value])).toEqual([
      ['VerificationPolicy/edge/ci', at(10)],
      ['VerificationPolicy/edge/security', at(21)],
    ]);
    for (const older of [by(5, 30), by(30, 5)]) {
      expect(codeOf(look({ policies, number: 3, floors, signers: older }))).toBe('REVISION_ROLLBACK');
    }
  });

  it('the orders that an artifact states itself have one floor for all policies', () => {
    const floors = new Map<string, Floor>();
    look({ policies: [ordered], floors });
    expect(codeOf(look({ policies: [policy('renamed', { order: 'sequence' })], number: 6, floors }))).toBe(
      'REVISION_ROLLBACK',
    );
  });

  it('a policy in mode warn warns, and moves no floor for what nobody signed', () => {
    const trial = policy('trial', { order: 'sequence', expires: 'required' }, { mode: 'warn' });
    expect(look({ policies: [trial] })).toMatchObject({
      kind: 'fresh',
      moves: [],
      warnings: [{ code: 'REVISION_EXPIRED', subject: 'VerificationPolicy/edge/trial' }],
    });
    const verdict: Accepting = { kind: 'not-required', digest: 'sha256:0', letThroughBy: ['trial'] };
    expect(look({ policies: [trial], verdict })).toMatchObject({ kind: 'fresh', moves: [], warnings: [] });
  });

  it('what has expired is held to it wherever it was signed, also without a policy', () => {
    const signers = [signer('spec.verify/cosign.pub', { [expires]: past })];
    const source = { verify: { provider: 'cosign', secretRef: { name: 'keys' } } };
    expect(codeOf(look({ policies: [], signers, source }))).toBe('REVISION_EXPIRED');
  });

  it('an attestation prolongs nothing and states nothing', () => {
    const signers = [
      signer('ordered/key-0', { [expires]: past }),
      { ...signer('ordered/key-0'), predicateType: 'https://slsa.dev/provenance/v1' },
    ];
    expect(codeOf(look({ policies: [ordered], signers }))).toBe('REVISION_EXPIRED');
  });

  it('a revision that is a digest alone has no version', () => {
    const outcome = look({ policies: [policy('versions', { order: 'semver' })], tag: '' });
    expect(outcome).toMatchObject({
      code: 'REVISION_UNORDERED',
      detail: expect.not.stringContaining('sha256:'),
    });
  });

  it('asks nothing where no policy matches', () => {
    const elsewhere = policy(
      'elsewhere',
      { expires: 'required' },
      { match: { repositories: ['other.test/**'] } },
    );
    expect(codeOf(look({ policies: [ordered, elsewhere] }))).toBe('fresh');
  });

  it('asks nothing where there is no policy', () => {
    const verdict: Accepting = { kind: 'not-required', digest: 'sha256:0' };
    expect(look({ policies: [], verdict })).toEqual({
      kind: 'fresh',
      moves: [],
      floors: [],
      times: [],
      warnings: [],
    });
  });

  it('reads a manifest where something is asked, and only there', () => {
    const content = Buffer.from('junk');
    const verdict: Accepting = { kind: 'not-required', digest: 'sha256:0' };
    expect(codeOf(look({ policies: [], verdict, content }))).toBe('fresh');
    expect(() => look({ policies: [ordered], content })).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    );
  });

  it('asks for no end beside a policy that ignores it', () => {
    const ignoring = policy('ignoring', { expires: 'ignore' });
    expect(codeOf(look({ policies: [ignoring], annotations: { [expires]: past } }))).toBe('fresh');
  });

  it('says until when, where there is an end, and nothing where there is none', () => {
    expect(look({ policies: [ordered], annotations: { [expires]: later } })).toMatchObject({
      until: Date.parse(later),
    });
    expect(look({ policies: [ordered] })).not.toHaveProperty('until');
  });
});
