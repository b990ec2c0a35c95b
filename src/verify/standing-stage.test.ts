import { readFileSync } from 'node:fs';
import {
  createMemoryStore,
  type Descriptor,
  mediaTypes,
  OciError,
  type ReadStore,
  type Store,
  sha256,
} from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { readableStore } from '../../test/fixtures/readable-store.ts';
import {
  bundleOf,
  bundleType,
  desiredState,
  keyPolicy,
  legacyLayer,
  newSigner,
  ociSource,
  payloadOf,
  pushArtifact,
  pushBundle,
  pushLegacy,
  type SignedContent,
  type Signer,
  siteObject,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import type { DesiredState, OciRepository, SiteObject, Verdict } from '../api/index.ts';
import { SealiftError } from '../core/index.ts';
import {
  createKeepingVerifyStage,
  createStandingStage,
  createTrustedRoots,
  createVerifyStage,
  type StandingPorts,
} from './index.ts';

const good = newSigner();
const other = newSigner();
const { signal } = new AbortController();
const roots = createTrustedRoots(() => readFileSync('policies/trust/public-good.json'));

let registry: Store;
let local: Store;
/** What is read in place of the registry. */
let over: ReadStore | undefined;
let artifact: SignedContent;
/** Judgements that were made, not found. */
let judged: number;
let rootId: string;
let rootSince: number | undefined;
let now: number;
let validUntil: number | undefined;
let isDown: boolean;
let duringJudgement: () => void;

beforeEach(async () => {
  registry = createMemoryStore();
  local = createMemoryStore();
  over = undefined;
  artifact = await pushArtifact(registry);
  judged = 0;
  rootId = 'sha256:root';
  rootSince = undefined;
  now = 1_000;
  validUntil = undefined;
  isDown = false;
  duringJudgement = () => {};
});

const down = new SealiftError('REGISTRY_UNREACHABLE', 'registry.test', 'connection refused');

function openRegistry(): ReadStore {
  if (isDown) throw down;
  return over ?? registry;
}

function ports(): StandingPorts {
  return {
    stageOver: (openRepository) => ({
      verify: async (request, stop) => {
        judged += 1;
        duringJudgement();
        const verdict = await createVerifyStage({ openRepository, roots }).verify(request, stop);
        return verdict.kind === 'accepted' && validUntil !== undefined ? { ...verdict, validUntil } : verdict;
      },
    }),
    openRepository: openRegistry,
    openLocal: () => local,
    rootId: () => rootId,
    rootSince: () => rootSince,
    now: () => now,
  };
}

const source = ociSource();
const trusting = (signer: Signer): DesiredState =>
  desiredState(source, keyPolicy('edge/release', [signer.publicPem]));

async function sign(store: Store, { descriptor }: SignedContent, signer: Signer): Promise<SignedContent> {
  return pushBundle(store, descriptor, bundleOf(signer, statementOf(descriptor.digest)));
}

const denying = (): DesiredState =>
  desiredState(
    source,
    keyPolicy('edge/release', [good.publicPem], { deny: { digests: [artifact.descriptor.digest] } }),
  );

/** What a poll does when it accepts. */
async function accept(desired = trusting(good)): Promise<Verdict> {
  const { descriptor: manifest, content } = artifact;
  const resolved = { revision: `stable@${manifest.digest}`, manifest, content };
  return createKeepingVerifyStage(ports()).verify({ source, desired, resolved }, signal);
}

type Stage = ReturnType<typeof createStandingStage>;

function judge(stage: Stage, desired: DesiredState, of: Descriptor = artifact.descriptor): Promise<Verdict> {
  return stage.judge({ source, desired, revision: `stable@${of.digest}` }, signal);
}

describe('evidence that was counted', () => {
  it.each([
    ['a bundle', () => sign(registry, artifact, good)],
    [
      'a legacy signature under its tag',
      () =>
        pushLegacy(registry, artifact.descriptor, [legacyLayer(good, payloadOf(artifact.descriptor.digest))]),
    ],
    [
      'a legacy signature among others of strangers',
      () =>
        pushLegacy(registry, artifact.descriptor, [
          legacyLayer(other, payloadOf(artifact.descriptor.digest)),
          legacyLayer(good, payloadOf(artifact.descriptor.digest)),
        ]),
    ],
  ])('is kept, so that %s is judged with the registry gone', async (_, attach) => {
    await attach();
    expect(await accept()).toMatchObject({ kind: 'accepted' });
    isDown = true;
    expect(await judge(createStandingStage(ports()), trusting(good))).toMatchObject({
      kind: 'accepted',
      signers: [{ keyId: good.id }],
    });
  });

  it('is all that is kept: what counts for nobody is left in the registry', async () => {
    await sign(registry, artifact, other);
    await sign(registry, artifact, good);
    await accept();
    const kept: string[] = [];
    for await (const { digest } of local.referrers(artifact.descriptor)) kept.push(digest);
    expect(kept).toHaveLength(1);
  });

  /** Digests of the referrers that lie in the local layout. */
  async function kept(): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { digest } of local.referrers(artifact.descriptor)) found.push(digest);
    return found;
  }

  /** The good signature, in a bundle whose unsigned parts are others by number. */
  function written(number: number): Promise<SignedContent> {
    const bundle = bundleOf(good, statementOf(artifact.descriptor.digest));
    const hint = { publicKey: { hint: `hint-${number}` } };
    return pushBundle(registry, artifact.descriptor, { ...bundle, verificationMaterial: hint });
  }

  it('is kept once, however often what is unsigned about it is written anew', async () => {
    const digests: string[] = [];
    for (const number of [1, 2, 3]) {
      const { descriptor } = await written(number);
      const evidence = descriptor.digest;
      expect(await accept()).toMatchObject({ kind: 'accepted', signers: [{ evidence }] });
      await registry.delete(descriptor);
      digests.push(evidence);
    }
    expect(new Set(digests).size).toBe(3);
    expect(await kept()).toEqual(digests.slice(0, 1));
  });

  it.each([
    [5_000, 6_000, 2],
    [5_000, undefined, 2],
    [6_000, 5_000, 1],
    [undefined, 5_000, 1],
  ])(
    'counts until %s, and is kept again where another counts until %s: %s in all',
    async (first, then, all) => {
      validUntil = first;
      const { descriptor } = await written(1);
      await accept();
      await registry.delete(descriptor);
      await written(2);
      // The registry's is judged first, then what is kept.
      const ends = [then, first];
      duringJudgement = () => {
        validUntil = ends.shift();
      };
      await accept();
      expect(ends).toEqual([]);
      expect(await kept()).toHaveLength(all);
    },
  );

  it('is kept again where it leaves out a warning', async () => {
    const second = keyPolicy('edge/second', [other.publicPem], { mode: 'warn' });
    const desired = desiredState(source, keyPolicy('edge/release', [good.publicPem]), second);
    await sign(registry, artifact, good);
    expect(await accept(desired)).toMatchObject({ warnings: [{ code: 'SIGNATURE_KEY_UNKNOWN' }] });
    await sign(registry, artifact, other);
    expect(await accept(desired)).toMatchObject({ kind: 'accepted', warnings: [] });
    expect(await kept()).toHaveLength(2);
  });

  it('is judged once where nothing is kept yet', async () => {
    await sign(registry, artifact, good);
    await accept();
    expect(judged).toBe(1);
  });

  it.each([
    ['is no manifest', '{"schemaVersion":2,"layers":{}}'],
    ['is an index', JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] })],
  ])('is kept although what lies beside it %s', async (_, text) => {
    const content = Buffer.from(text);
    const mediaType = text.includes(mediaTypes.ociIndex) ? mediaTypes.ociIndex : mediaTypes.ociManifest;
    const descriptor = { mediaType, digest: sha256(content), size: content.length };
    await sign(registry, artifact, good);
    const disturbed: ReadStore = {
      ...readableStore(registry),
      fetch: (wanted, options) =>
        wanted.digest === descriptor.digest
          ? ([content] as unknown as AsyncIterable<Uint8Array>)
          : registry.fetch(wanted, options),
      async *referrers(subject, options) {
        yield { ...descriptor, artifactType: bundleType };
        yield* registry.referrers(subject, options);
      },
    };
    over = disturbed;
    // Signatures that are compared are all read.
    const freshness = { order: 'none', audience: ['here'] };
    expect(
      await accept(desiredState(source, keyPolicy('edge/release', [good.publicPem], { freshness }))),
    ).toMatchObject({ kind: 'accepted' });
    expect(await kept()).toHaveLength(1);
  });

  it('is not kept of what is refused', async () => {
    await sign(registry, artifact, other);
    expect(await accept()).toMatchObject({ kind: 'refused' });
    expect(await local.exists(artifact.descriptor)).toBe(false);
  });

  it('is read once more from the registry where it was too large to remember', async () => {
    const junk = 'x'.repeat(200_000);
    for (let number = 0; number < 12; number += 1)
      await pushBundle(registry, artifact.descriptor, `${junk}${number}`);
    await sign(registry, artifact, good);
    expect(await accept()).toMatchObject({ kind: 'accepted' });
    isDown = true;
    expect(await judge(createStandingStage(ports()), trusting(good))).toMatchObject({ kind: 'accepted' });
  });
});

describe('judging again', () => {
  it('asks the registry for what is not kept, and keeps it', async () => {
    await sign(registry, artifact, good);
    await accept();
    await sign(registry, artifact, other);
    const stage = createStandingStage(ports());
    expect(await judge(stage, trusting(other))).toMatchObject({ kind: 'accepted' });
    isDown = true;
    expect(await judge(createStandingStage(ports()), trusting(other))).toMatchObject({ kind: 'accepted' });
  });

  it('asks the registry for everything where nothing is kept', async () => {
    await sign(registry, artifact, good);
    expect(await judge(createStandingStage(ports()), trusting(good))).toMatchObject({
      kind: 'accepted',
      digest: artifact.descriptor.digest,
    });
  });

  it('says that the registry is gone where nothing is kept', async () => {
    isDown = true;
    await expect(judge(createStandingStage(ports()), trusting(good))).rejects.toThrow('connection refused');
  });

  it('does not take a tag that cannot be read for one that is not there', async () => {
    await sign(registry, artifact, good);
    await accept();
    const whole = local;
    const damaged: ReadStore = {
      ...readableStore(whole),
      resolve: async (reference, options) => {
        if (reference.endsWith('.sig')) throw new OciError('digest-mismatch', reference, 'damaged');
        return whole.resolve(reference, options);
      },
    };
    local = Object.assign(Object.create(whole), damaged);
    isDown = true;
    await expect(judge(createStandingStage(ports()), trusting(good))).rejects.toThrow('connection refused');
  });

  it('refuses by what is kept when the registry is gone', async () => {
    await sign(registry, artifact, good);
    await accept();
    isDown = true;
    expect(await judge(createStandingStage(ports()), trusting(other))).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_KEY_UNKNOWN',
    });
  });

  it('refuses what is denied by now, and lets through with a warning what a policy would only rather not', async () => {
    await sign(registry, artifact, good);
    await accept();
    isDown = true;
    const stage = createStandingStage(ports());
    const deny = { digests: [artifact.descriptor.digest] };
    const denying = desiredState(source, keyPolicy('edge/release', [good.publicPem], { deny }));
    expect(await judge(stage, denying)).toMatchObject({ kind: 'refused', code: 'POLICY_DENIED' });
    const warning = keyPolicy('edge/second', [other.publicPem], { mode: 'warn' });
    const both = desiredState(source, keyPolicy('edge/release', [good.publicPem]), warning);
    expect(await judge(stage, both)).toMatchObject({
      kind: 'accepted',
      warnings: [{ code: 'SIGNATURE_KEY_UNKNOWN' }],
    });
  });

  it('does not take missing evidence for a refusal while the registry is gone', async () => {
    await sign(registry, artifact, good);
    await local.push(artifact.descriptor, artifact.content);
    isDown = true;
    await expect(judge(createStandingStage(ports()), trusting(good))).rejects.toThrow('connection refused');
  });

  it('does take it for one where the registry has the artifact no more', async () => {
    await local.push(artifact.descriptor, artifact.content);
    registry = createMemoryStore();
    expect(await judge(createStandingStage(ports()), trusting(good))).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_MISSING',
    });
  });

  it('asks nobody about a key that cannot be read', async () => {
    await sign(registry, artifact, good);
    await accept();
    isDown = true;
    const broken = desiredState(source, keyPolicy('edge/release', ['no key']));
    await expect(judge(createStandingStage(ports()), broken)).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });
});

describe('a trusted root that nobody has renewed for long', () => {
  const day = 24 * 60 * 60_000;
  const authorities = [
    { name: 'key', key: { data: good.publicPem } },
    { name: 'ci', keyless: { identities: [{ issuer: 'https://ci.test', subject: 'me' }] } },
  ];
  const desired = desiredState(source, keyPolicy('edge/release', [], { authorities }));

  beforeEach(async () => {
    await sign(registry, artifact, good);
    rootSince = 0;
  });

  it.each([
    ['is warned of from the day on that it is old', 180 * day, { warnings: [{ code: 'TRUST_OLD' }] }],
    ['is judged again on that day', 180 * day - 1, { warnings: [], validUntil: 180 * day }],
  ])('%s', async (_, at, expected) => {
    now = at;
    expect(await accept(desired)).toMatchObject(expected);
    expect(await judge(createStandingStage(ports()), desired)).toMatchObject(expected);
  });

  it('is none of the business of what is refused', async () => {
    now = 365 * day;
    const strangers = [{ name: 'key', key: { data: other.publicPem } }, ...authorities.slice(1)];
    const refusing = desiredState(source, keyPolicy('edge/release', [], { authorities: strangers }));
    expect(await accept(refusing)).toMatchObject({ kind: 'refused', code: 'SIGNATURE_KEY_UNKNOWN' });
  });

  it('counts beside one of which nobody knows how old it is', async () => {
    const keyless = {
      identities: [{ issuer: 'https://ci.test', subject: 'me' }],
      trustedRoot: { name: 'ours' },
    };
    const both = [...authorities, { name: 'ours', keyless }];
    const { descriptor: manifest, content } = artifact;
    const request = {
      source,
      desired: desiredState(source, keyPolicy('edge/release', [], { authorities: both })),
      resolved: { revision: `stable@${manifest.digest}`, manifest, content },
    };
    const rootSinceOf = (name: string) => (name === 'ours' ? undefined : 0);
    const stage = createKeepingVerifyStage({ ...ports(), rootSince: rootSinceOf });
    expect(await stage.verify(request, signal)).toMatchObject({ warnings: [], validUntil: 180 * day });
  });

  it('is none of the business of sources whose policies rest on keys alone', async () => {
    now = 365 * day;
    expect(await accept()).toMatchObject({ kind: 'accepted', warnings: [] });
  });

  it('does not hide an end that comes earlier', async () => {
    validUntil = 5_000;
    expect(await accept(desired)).toMatchObject({ validUntil: 5_000 });
  });
});

describe('attack 39: a verdict kept for one thing is found for another', () => {
  async function acceptedTwice(): Promise<Stage> {
    await sign(registry, artifact, good);
    await accept();
    isDown = true;
    const stage = createStandingStage(ports());
    judged = 0;
    expect(await judge(stage, trusting(good))).toMatchObject({ kind: 'accepted' });
    expect(await judge(stage, trusting(good))).toMatchObject({ kind: 'accepted' });
    expect(judged).toBe(1);
    return stage;
  }

  it('not under another key of the same policy', async () => {
    expect(await judge(await acceptedTwice(), trusting(other))).toMatchObject({ kind: 'refused' });
  });

  it('not where another policy matches as well', async () => {
    const both = desiredState(
      source,
      keyPolicy('edge/release', [good.publicPem]),
      keyPolicy('edge/second', [other.publicPem]),
    );
    expect(await judge(await acceptedTwice(), both)).toMatchObject({ kind: 'refused' });
  });

  it('not where the key in a Secret is another one', async () => {
    const named = (pem: string): DesiredState =>
      desiredState(
        source,
        siteObject('Secret', 'edge/keys', { stringData: { 'cosign.pub': pem } }),
        siteObject('VerificationPolicy', 'edge/release', {
          spec: {
            match: { repositories: ['**'] },
            authorities: [{ name: 'key', key: { secretRef: { name: 'keys' } } }],
          },
        }),
      );
    await sign(registry, artifact, good);
    await accept(named(good.publicPem));
    isDown = true;
    const stage = createStandingStage(ports());
    expect(await judge(stage, named(good.publicPem))).toMatchObject({ kind: 'accepted' });
    expect(await judge(stage, named(other.publicPem))).toMatchObject({ kind: 'refused' });
  });

  it('not for another artifact, although its evidence is the same', async () => {
    const stage = await acceptedTwice();
    const evil = await pushArtifact(local, 'evil');
    await pushBundle(local, evil.descriptor, bundleOf(good, statementOf(artifact.descriptor.digest)));
    expect(await judge(stage, trusting(good), evil.descriptor)).toMatchObject({
      kind: 'refused',
      code: 'SIGNATURE_WRONG_DIGEST',
    });
  });

  it('not for another artifact that shares a legacy signature under its tag', async () => {
    const evidence = [legacyLayer(good, payloadOf(artifact.descriptor.digest))];
    const signature = await pushLegacy(registry, artifact.descriptor, evidence);
    await accept();
    isDown = true;
    const stage = createStandingStage(ports());
    await judge(stage, trusting(good));
    const evil = await pushArtifact(local, 'evil');
    await local.tag(signature.descriptor, `${evil.descriptor.digest.replace(':', '-')}.sig`);
    expect(await judge(stage, trusting(good), evil.descriptor)).toMatchObject({ kind: 'refused' });
  });

  it('not under another trusted root of a policy', async () => {
    const authorities = [
      { name: 'key', key: { data: good.publicPem } },
      { name: 'ci', keyless: { identities: [{ issuer: 'https://ci.test', subject: 'me' }] } },
    ];
    const desired = desiredState(source, keyPolicy('edge/release', [], { authorities }));
    await sign(registry, artifact, good);
    await accept(desired);
    isDown = true;
    const stage = createStandingStage(ports());
    judged = 0;
    await judge(stage, desired);
    rootId = 'sha256:another';
    expect(await judge(stage, desired)).toMatchObject({ kind: 'accepted' });
    expect(judged).toBe(2);
    // Exchanged while it is judged: the verdict is kept for neither.
    rootId = 'sha256:third';
    duringJudgement = () => {
      rootId = 'sha256:fourth';
    };
    await judge(stage, desired);
    duringJudgement = () => {};
    for (const id of ['sha256:third', 'sha256:fourth']) {
      rootId = id;
      await judge(stage, desired);
    }
    expect(judged).toBe(5);
  });

  it('not by other evidence', async () => {
    const stage = await acceptedTwice();
    for await (const referrer of local.referrers(artifact.descriptor)) await local.delete(referrer);
    await expect(judge(stage, trusting(good))).rejects.toThrow('connection refused');
  });

  it('not by other evidence under a tag', async () => {
    const evidence = [legacyLayer(good, payloadOf(artifact.descriptor.digest))];
    const signature = await pushLegacy(registry, artifact.descriptor, evidence);
    await accept();
    isDown = true;
    const stage = createStandingStage(ports());
    expect(await judge(stage, trusting(good))).toMatchObject({ kind: 'accepted' });
    await local.delete(signature.descriptor);
    await expect(judge(stage, trusting(good))).rejects.toThrow('connection refused');
  });

  it.each([
    ['after it has ended', 2_000],
    ['at a time before it was made, on a clock that was set back', 999],
  ])('not %s', async (_, at) => {
    validUntil = 2_000;
    const stage = await acceptedTwice();
    now = at;
    await judge(stage, trusting(good));
    expect(judged).toBe(2);
  });

  it('and no refusal is kept, although the list of evidence is the same: what could not be read may come back', async () => {
    const { content } = await sign(registry, artifact, good);
    await accept();
    isDown = true;
    const [layer] = JSON.parse(Buffer.from(content).toString()).layers;
    await local.delete(layer);
    const stage = createStandingStage(ports());
    expect(await judge(stage, trusting(good))).toMatchObject({ kind: 'refused' });
    await local.push(layer, registry.fetch(layer));
    expect(await judge(stage, trusting(good))).toMatchObject({ kind: 'accepted' });
  });

  it('and no refusal is kept, since evidence may come', async () => {
    await sign(registry, artifact, good);
    await accept();
    const stage = createStandingStage(ports());
    expect(await judge(stage, trusting(other))).toMatchObject({ kind: 'refused' });
    await sign(local, artifact, other);
    expect(await judge(stage, trusting(other))).toMatchObject({ kind: 'accepted' });
  });
});

describe('what a verdict rests on', () => {
  const policy = keyPolicy('edge/release', [good.publicPem]);
  const secret = (name: string, entry: string, value: string) =>
    siteObject('Secret', name, { stringData: { [entry]: value } });
  const keyed = (fields: Record<string, unknown>) =>
    keyPolicy('edge/release', [], {
      authorities: [{ name: 'key', key: { data: good.publicPem }, ...fields }],
    });
  const byRoot = (root: Record<string, unknown> | undefined) =>
    siteObject('VerificationPolicy', 'edge/release', {
      spec: {
        match: { repositories: ['**'] },
        authorities: [
          {
            name: 'ci',
            keyless: {
              identities: [{ issuer: 'https://ci.test', subject: 'me' }],
              ...(root === undefined ? {} : { trustedRoot: root }),
            },
          },
        ],
      },
    });
  const basis = (of: OciRepository, ...objects: readonly SiteObject[]): string =>
    createStandingStage({ ...ports(), rootId: (name) => `${rootId} of ${name}` }).basis(
      of,
      desiredState(of, ...objects),
    );

  it.each([
    [
      'a policy that matches another repository',
      keyPolicy('edge/x', [other.publicPem], { match: { repositories: ['elsewhere/**'] } }),
    ],
    ['a Secret that nobody names', secret('edge/other', 'cosign.pub', good.publicPem)],
    ['a ConfigMap', siteObject('ConfigMap', 'edge/x', { data: { a: 'b' } })],
  ])('is not changed by %s', (_, object) => {
    expect(basis(source, policy, object)).toBe(basis(source, policy));
  });

  it('is not changed by what of a source has nothing to do with it', () => {
    expect(basis(ociSource(undefined, { interval: '5m' }), policy)).toBe(basis(source, policy));
  });

  it.each([
    ['another policy that matches', [keyPolicy('edge/second', [good.publicPem])]],
    [
      'a policy that matches the source by name',
      [keyPolicy('default/x', [good.publicPem], { match: { sources: [{ name: 'app' }] } })],
    ],
  ])('is changed by %s', (_, objects) => {
    expect(basis(source, policy, ...objects)).not.toBe(basis(source, policy));
  });

  it('is changed by any field of a policy that matches', () => {
    const strict = keyPolicy('edge/release', [good.publicPem], { formats: ['bundle'] });
    const denying = keyPolicy('edge/release', [good.publicPem], {
      deny: { digests: [artifact.descriptor.digest] },
    });
    const bases = [policy, strict, denying].map((one) => basis(source, one));
    expect(new Set(bases).size).toBe(3);
  });

  it('is changed by the first policy of a site, although it matches something else', () => {
    const elsewhere = keyPolicy('edge/x', [good.publicPem], { match: { repositories: ['elsewhere/**'] } });
    expect(basis(source, elsewhere)).not.toBe(basis(source));
  });

  it('is changed by the trusted root that is named, and by no other', () => {
    const named = createStandingStage({ ...ports(), rootId: (name) => (name === 'ours' ? rootId : 'same') });
    const desired = desiredState(source, byRoot({ name: 'ours' }));
    const before = named.basis(source, desired);
    const unrelated = desiredState(source, policy);
    const beforeUnrelated = named.basis(source, unrelated);
    rootId = 'sha256:another';
    expect(named.basis(source, desired)).not.toBe(before);
    expect(named.basis(source, unrelated)).toBe(beforeUnrelated);
  });

  const verifying = (verify: Record<string, unknown>) => ociSource(undefined, { verify });

  it.each([
    ['without keys', {}, true],
    ['with keys', { secretRef: { name: 'keys' } }, false],
  ])('is changed by the root of the public-good instance for spec.verify %s', (_, fields, isChanged) => {
    const of = verifying({ provider: 'cosign', ...fields });
    const before = basis(of);
    rootId = 'sha256:another';
    expect(basis(of) !== before).toBe(isChanged);
  });

  it.each([
    ['that is stored under another name', { name: 'ours' }],
    ['in a Secret', { secretRef: { name: 'root' } }],
  ])('is not changed by the root of the public-good instance for signers of a root %s', (_, root) => {
    const ids = new Map([['ours', 'sha256:ours']]);
    const asked: string[] = [];
    const stage = createStandingStage({
      ...ports(),
      rootId: (name) => {
        asked.push(name);
        return ids.get(name);
      },
    });
    stage.basis(source, desiredState(source, byRoot(root)));
    expect(asked).toEqual('name' in root ? ['ours'] : []);
  });

  it('is changed by a Secret that is named when it comes', () => {
    const named = byRoot({ secretRef: { name: 'root' } });
    const root = secret('edge/root', 'trusted_root.json', '1');
    expect(basis(source, named)).not.toBe(basis(source, named, root));
  });

  it('is the same in whatever order a Secret has its entries', () => {
    const named = byRoot({ secretRef: { name: 'root' } });
    const entries = [
      ['a.pub', '1'],
      ['b.pub', '2'],
      ['c.pub', '3'],
    ];
    const [one, two] = [entries, entries.toReversed()].map((written) =>
      basis(source, named, siteObject('Secret', 'edge/root', { stringData: Object.fromEntries(written) })),
    );
    expect(one).toBe(two);
  });

  it.each([
    ['keyless signers without a root of their own', byRoot(undefined), true],
    ['keys that have to be in a log', keyed({ logs: 1 }), true],
    ['keys alone', keyed({}), false],
  ])('is changed by the root of the public-good instance for %s: %s', (_, object, isChanged) => {
    const before = basis(source, object);
    rootId = 'sha256:another';
    expect(basis(source, object) !== before).toBe(isChanged);
  });

  it.each([
    ['trusted_root.json', true],
    ['cosign.pub', true],
    ['cosign.key', false],
    ['cosign.password', false],
  ])('takes %s of a Secret that is named into account: %s', (entry, isCounted) => {
    const named = byRoot({ secretRef: { name: 'root' } });
    const [one, two] = ['1', '2'].map((value) => basis(source, named, secret('edge/root', entry, value)));
    expect(one !== two).toBe(isCounted);
  });

  it('can be told of a source whose URL cannot be read', () => {
    expect(basis({ ...source, spec: { ...source.spec, url: 'oci://' } }, policy)).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('an artifact that a policy denies', () => {
  it('is refused without a look at evidence, at the registry or at what is kept', async () => {
    await sign(registry, artifact, good);
    await accept();
    isDown = true;
    judged = 0;
    expect(await judge(createStandingStage(ports()), denying())).toMatchObject({
      kind: 'refused',
      code: 'POLICY_DENIED',
      refusals: [{ subject: 'VerificationPolicy/edge/release' }],
    });
    expect(judged).toBe(0);
    expect(await accept(denying())).toMatchObject({ kind: 'refused', code: 'POLICY_DENIED' });
  });

  it('is known by its digest alone, to those policies that are about its source and enforced', () => {
    const { denied } = createKeepingVerifyStage(ports());
    const { digest } = artifact.descriptor;
    expect(denied(source, denying(), digest)).toMatchObject({
      kind: 'refused',
      digest,
      code: 'POLICY_DENIED',
    });
    expect(denied(source, denying(), `sha256:${'0'.repeat(64)}`)).toBeUndefined();
    const deny = { digests: [digest] };
    for (const more of [{ mode: 'warn' }, { match: { repositories: ['elsewhere.test/**'] } }]) {
      const policy = keyPolicy('edge/release', [good.publicPem], { deny, ...more });
      expect(denied(source, desiredState(source, policy), digest)).toBeUndefined();
    }
  });
});
