import {
  createMemoryStore,
  type Descriptor,
  mediaTypes,
  OciError,
  type ReadStore,
  type Store,
} from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { readableStore } from '../../../test/fixtures/readable-store.ts';
import {
  bundleOf,
  bundleType,
  contentOf,
  envelopeOf,
  type LegacyLayer,
  legacyLayer,
  newSigner,
  payloadOf,
  push,
  pushArtifact,
  pushBundle,
  pushLegacy,
  type SignedContent,
  statementOf,
} from '../../../test/fixtures/signed-artifact.ts';
import { readClaim } from '../evidence/read-claim.ts';
import { Refused } from '../evidence/refused.ts';
import type { Discovered, DiscoveryRequest } from './discovered.ts';
import { discover } from './discovery.ts';

const signer = newSigner();
const provenance = 'https://slsa.dev/provenance/v1';
const sbom = 'https://spdx.dev/Document';
const predicateHint = 'dev.sigstore.bundle.predicateType';
const inTotoArtifact = 'application/vnd.in-toto+json';
const legacyArtifact = 'application/vnd.dev.cosign.artifact.sig.v1+json';

let store: Store;
let artifact: SignedContent;
let subject: Descriptor;

beforeEach(async () => {
  store = createMemoryStore();
  artifact = await pushArtifact(store);
  const { mediaType, digest, size } = artifact.descriptor;
  subject = { mediaType, digest, size };
});

async function discovered(change: Partial<DiscoveryRequest> = {}): Promise<readonly Discovered[]> {
  const request = {
    repository: store,
    subject,
    formats: new Set(['bundle', 'legacy'] as const),
    attestations: { predicateTypes: [provenance] },
    ...change,
  };
  return collected(request);
}

async function collected(request: DiscoveryRequest): Promise<readonly Discovered[]> {
  const found: Discovered[] = [];
  for await (const one of discover(request, new AbortController().signal)) found.push(one);
  return found;
}

/** What each candidate says it is, or why there is none. */
function told(found: readonly Discovered[]): readonly string[] {
  return found.map((one) => {
    if (one.kind === 'unavailable') return one.error.code;
    if (one.kind === 'refused') return `${one.purpose} ${one.refusal.code}`;
    const claim = readClaim(one.candidate, subject.digest);
    if (claim instanceof Refused) return claim.code;
    return `${one.candidate.format} ${claim.statement.kind}`;
  });
}

const attestation = (change = {}) => statementOf(subject.digest, { predicateType: provenance, ...change });
const attestationLayer = (change = {}): LegacyLayer => ({
  content: contentOf('application/vnd.dsse.envelope.v1+json', envelopeOf(signer, attestation(change))),
  annotations: { 'dev.cosignproject.cosign/signature': '' },
});

async function pushTagged(suffix: 'sig' | 'att', layers: readonly LegacyLayer[]): Promise<Descriptor> {
  const { descriptor } = await pushLegacy(store, subject, layers, { annotations: { suffix }, subject });
  await store.tag(descriptor, `${subject.digest.replace(':', '-')}.${suffix}`);
  return descriptor;
}

const homes: Readonly<Record<string, () => Promise<unknown>>> = {
  'bundle signature': () => pushBundle(store, subject, bundleOf(signer, statementOf(subject.digest))),
  'legacy signature under its tag': () =>
    pushLegacy(store, subject, [legacyLayer(signer, payloadOf(subject.digest))]),
  'legacy signature as referrer': () =>
    pushLegacy(store, subject, [legacyLayer(signer, payloadOf(subject.digest))], {
      subject,
      artifactType: legacyArtifact,
    }),
  'bundle attestation': () => pushBundle(store, subject, bundleOf(signer, attestation())),
  'legacy attestation under its tag': () => pushTagged('att', [attestationLayer()]),
  'legacy attestation as referrer': () =>
    pushLegacy(store, subject, [attestationLayer()], { subject, artifactType: inTotoArtifact }),
};

const kindOf = (home: string): string => home.split(' ').slice(0, 2).join(' ');

describe('evidence is found', () => {
  it.each(Object.keys(homes))('as a %s', async (home) => {
    await homes[home]?.();
    expect(told(await discovered())).toEqual([kindOf(home)]);
  });

  it('in every home at once, signatures first', async () => {
    for (const put of Object.values(homes)) await put();
    const found = told(await discovered());
    expect([...found].sort()).toEqual(Object.keys(homes).map(kindOf).sort());
    // Bundles without a hint may be either, and are read while signatures are looked for.
    expect([...found.slice(0, 2)].sort()).toEqual(['bundle attestation', 'bundle signature']);
    const legacyOnly = told(await discovered({ formats: new Set(['legacy']) }));
    expect(legacyOnly).toEqual([
      'legacy signature',
      'legacy signature',
      'legacy attestation',
      'legacy attestation',
    ]);
  });

  it('with the place where it was read, so that exactly it can be kept', async () => {
    for (const put of Object.values(homes)) await put();
    for (const one of await discovered()) {
      if (one.kind !== 'candidate') throw new Error(one.kind);
      const { origin, evidence } = one.candidate;
      expect(await store.exists(origin?.manifest as Descriptor)).toBe(true);
      expect([origin?.manifest.digest, origin?.layer.digest]).toContain(evidence);
      if (origin?.tag !== undefined) {
        const resolved = await store.resolve(origin.tag);
        expect(resolved).toMatchObject({ descriptor: { digest: origin.manifest.digest } });
      }
    }
  });

  it('attack 40: through the fallback tag of a registry that answers with an empty list', async () => {
    const { descriptor } = await pushBundle(store, subject, bundleOf(signer, attestation()));
    const entry = { ...descriptor, artifactType: bundleType };
    const index = contentOf(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [entry],
    });
    await push(store, index);
    await store.tag(index.descriptor, subject.digest.replace(':', '-'));
    expect(told(await discovered())).toEqual(['bundle attestation']);
  });
});

describe('what nobody asks for', () => {
  it('costs no request: attestations', async () => {
    const asked: string[] = [];
    await homes['legacy attestation as referrer']?.();
    await homes['legacy attestation under its tag']?.();
    const repository: ReadStore = {
      ...readableStore(store),
      resolve: (reference, options) => {
        asked.push(reference);
        return store.resolve(reference, options);
      },
      fetch: (descriptor, options) => {
        asked.push(descriptor.digest);
        return store.fetch(descriptor, options);
      },
    };
    const { digest } = subject;
    const request = { repository, subject, formats: new Set(['bundle', 'legacy'] as const) };
    expect(await collected(request)).toEqual([]);
    expect(asked).toEqual([`${digest.replace(':', '-')}.sig`]);
  });

  it('costs no request: the tags of legacy signatures, also of who looks at everything', async () => {
    const asked: string[] = [];
    const resolve: ReadStore['resolve'] = (reference, options) => {
      asked.push(reference);
      return store.resolve(reference, options);
    };
    const repository = { ...readableStore(store), resolve };
    await discovered({ repository, formats: new Set(['bundle']), exhaustive: true });
    expect(asked).toEqual([]);
  });

  it('attack 26: is not looked for in legacy homes where bundles alone count', async () => {
    for (const put of Object.values(homes)) await put();
    const found = told(await discovered({ formats: new Set(['bundle']) }));
    expect([...found].sort()).toEqual(['bundle attestation', 'bundle signature']);
  });
});

describe('a listing', () => {
  it('is looked into once to see what an entry without type is, whatever is sought', async () => {
    const { descriptor } = await pushLegacy(store, subject, [attestationLayer()], {
      subject,
      artifactType: inTotoArtifact,
    });
    const asked: string[] = [];
    const repository: ReadStore = {
      ...readableStore(store),
      async *referrers() {
        yield { mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size };
      },
      fetch: (wanted, options) => {
        asked.push(wanted.mediaType);
        return store.fetch(wanted, options);
      },
    };
    expect(told(await discovered({ repository }))).toEqual(['legacy attestation']);
    expect(asked.filter((mediaType) => mediaType === descriptor.mediaType)).toHaveLength(2);
  });

  it('that calls an attestation a signature, or a signature an attestation, hides neither', async () => {
    const hinted = (predicateType: string) => ({
      manifest: { annotations: { [predicateHint]: predicateType } },
    });
    const sign = 'https://sigstore.dev/cosign/sign/v1';
    await pushBundle(store, subject, bundleOf(signer, attestation()), hinted(sign));
    await pushBundle(store, subject, bundleOf(signer, statementOf(subject.digest)), hinted(sbom));
    expect([...told(await discovered())].sort()).toEqual(['bundle attestation', 'bundle signature']);
  });
});

describe('number', () => {
  it('attack 12: of legacy referrers is limited, and what was left out is told', async () => {
    for (let at = 0; at < 18; at += 1) {
      await pushLegacy(store, subject, [legacyLayer(signer, payloadOf(subject.digest))], {
        subject,
        artifactType: legacyArtifact,
        annotations: { at: String(at) },
      });
    }
    const found = await discovered();
    expect(told(found)).toEqual([...Array(16).fill('legacy signature'), 'signature CONTENT_TOO_LARGE']);
    expect(found.at(-1)).toMatchObject({ refusal: { detail: expect.stringContaining('got 2 more') } });
  });
});

describe('size', () => {
  const large = () => bundleOf(signer, attestation({ predicate: 'x'.repeat(300 * 1024) }));

  it('lets an attestation be larger than any signature', async () => {
    await pushBundle(store, subject, large());
    expect(told(await discovered())).toEqual(['bundle attestation']);
  });

  it('attack 12: is refused unread where nobody asks for attestations', async () => {
    await pushBundle(store, subject, large());
    const request = { repository: store, subject, formats: new Set(['bundle'] as const) };
    const found = await collected(request);
    expect(told(found)).toEqual(['signature SIGNATURE_MALFORMED']);
  });

  it('attack 12: has a limit for all attestations together, and what is signed was read before', async () => {
    const layers: Descriptor[] = [];
    for (let at = 0; at < 16; at += 1) layers.push(await push(store, contentOf('text/plain', `${at}`)));
    const content = Buffer.alloc(4 * 1024 * 1024);
    let read = 0;
    await homes['bundle signature']?.();
    const names = (manifest: number) =>
      layers.map((layer, at) => ({
        ...layer,
        mediaType: 'application/vnd.dsse.envelope.v1+json',
        digest: `sha256:${(manifest * 100 + at).toString(16).padStart(64, '0')}`,
        size: content.byteLength,
      }));
    for (const manifest of [1, 2, 3]) {
      await pushLegacy(store, subject, [], {
        subject,
        artifactType: inTotoArtifact,
        layers: names(manifest),
      });
    }
    const repository: ReadStore = {
      ...readableStore(store),
      fetch: (descriptor, options) => {
        if (descriptor.size !== content.byteLength) return store.fetch(descriptor, options);
        read += 1;
        throw new OciError('not-found', descriptor.digest, 'it is not there');
      },
    };
    const found = told(await discovered({ repository }));
    expect(found[0]).toBe('bundle signature');
    expect(found).toHaveLength(1 + 3 * 16);
    expect(read).toBe(15);
  });
});

describe('attack 41: what goes wrong in a way that nobody foresaw', () => {
  const foreign = () => Object.assign(new Error('not-found'), { code: 'not-found' });

  it.each<[string, () => Partial<ReadStore>]>([
    ['an error of somebody else under the tags', () => ({ resolve: () => Promise.reject(foreign()) })],
    ['no error at all under the tags', () => ({ resolve: () => Promise.reject(undefined) })],
    [
      'an error of somebody else behind a referrer',
      () => ({
        fetch: () => {
          throw foreign();
        },
      }),
    ],
  ])('is no absence: %s', async (_what, change) => {
    await homes['bundle signature']?.();
    const found = await discovered({ repository: { ...readableStore(store), ...change() } });
    expect(found.some(({ kind }) => kind === 'unavailable')).toBe(true);
  });

  it('is no absence: an answer without content under the tags', async () => {
    const resolve = async () => ({ kind: 'unchanged', validator: { digest: subject.digest } }) as const;
    const found = await discovered({ repository: { ...readableStore(store), resolve } });
    expect(told(found)).toEqual(['REGISTRY_FAILED', 'REGISTRY_FAILED']);
  });

  it.each(['legacy signature under its tag', 'legacy attestation under its tag'])(
    'is no absence: a layer that cannot be fetched, of a %s',
    async (home) => {
      await homes[home]?.();
      const fetch = () => {
        throw new OciError('timeout', 'registry.test', 'it does not answer');
      };
      const found = await discovered({ repository: { ...readableStore(store), fetch } });
      expect(told(found)).toContain('REGISTRY_TIMEOUT');
      expect(found.some(({ kind }) => kind === 'candidate')).toBe(false);
    },
  );

  it('attack 12: a layer of more than 64 KiB is refused unread', async () => {
    const text = JSON.stringify(payloadOf(subject.digest));
    const padded = legacyLayer(signer, `${text}${' '.repeat(64 * 1024 + 1 - text.length)}`);
    await pushLegacy(store, subject, [padded]);
    expect((await discovered())[0]).toMatchObject({
      kind: 'refused',
      refusal: { detail: 'expected at most 65536 bytes, got 65537' },
    });
  });
});

describe('the way to the registry and back', () => {
  /** Lists nothing before a tag was asked for, and says whether the question was dropped. */
  function listingAfterTag(answer: (asked: Promise<void>) => Promise<void>) {
    const tags = Promise.withResolvers<void>();
    const dropped: AbortSignal[] = [];
    const repository: ReadStore = {
      ...readableStore(store),
      resolve: (reference, options) => {
        tags.resolve();
        if (options?.signal !== undefined) dropped.push(options.signal);
        return store.resolve(reference, options);
      },
      referrers: async function* (of, options) {
        await answer(tags.promise);
        yield* store.referrers(of, options);
      },
    };
    return { repository, dropped };
  }

  it('is gone once for list and tags by who looks at everything', async () => {
    for (const put of Object.values(homes)) await put();
    const { repository } = listingAfterTag((asked) => asked);
    expect(told(await discovered({ repository, exhaustive: true }))).toEqual(told(await discovered()));
  });

  it('is not gone for tags by who may have seen enough before', async () => {
    await homes['bundle signature']?.();
    const { repository, dropped } = listingAfterTag(async () => undefined);
    for await (const one of discover(
      { repository, subject, formats: new Set(['bundle', 'legacy'] as const) },
      new AbortController().signal,
    )) {
      expect(one.kind).toBe('candidate');
      break;
    }
    expect(dropped).toEqual([]);
  });

  it('leaves no question open where the list failed', async () => {
    const { repository, dropped } = listingAfterTag((asked) =>
      asked.then(() => Promise.reject(new OciError('timeout', 'registry.test', 'it does not answer'))),
    );
    await expect(discovered({ repository, exhaustive: true })).rejects.toMatchObject({
      code: 'REGISTRY_TIMEOUT',
    });
    expect(dropped.map(({ aborted }) => aborted)).toEqual([true, true]);
  });
});
