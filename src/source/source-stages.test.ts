import {
  createMemoryStore,
  mediaTypes,
  OciError,
  type ReadStore,
  type Store,
  sha256,
  type UntaggingStore,
} from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { onlySource, siteOf, sourceYaml } from '../../test/fakes/site.ts';
import type { OciRepository, ResolvedRevision } from '../api/index.ts';
import { createFetchStage, createResolveStage } from './index.ts';

const gzip = 'application/vnd.cncf.flux.content.v1.tar+gzip';
const never = new AbortController().signal;
const ignored = (): void => {};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let registry: Store;
let local: UntaggingStore;

beforeEach(() => {
  registry = createMemoryStore();
  local = createMemoryStore();
});

async function publish(
  tag: string,
  layers: readonly (readonly [mediaType: string, text: string])[],
): Promise<string> {
  const named = layers.map(([mediaType, text]) => ({
    mediaType,
    digest: sha256(bytes(text)),
    size: text.length,
  }));
  for (const [at, descriptor] of named.entries())
    await registry.push(descriptor, bytes(layers[at]?.[1] ?? ''));
  const config = { mediaType: mediaTypes.ociEmpty, digest: sha256(bytes('{}')), size: 2 };
  await registry.push(config, bytes('{}'));
  const manifest = bytes(
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: named }),
  );
  const descriptor = { mediaType: mediaTypes.ociManifest, digest: sha256(manifest), size: manifest.length };
  await registry.push(descriptor, manifest);
  await registry.tag(descriptor, tag);
  return descriptor.digest;
}

function source(spec = ''): OciRepository {
  return onlySource(siteOf(sourceYaml('app', spec)));
}

const desired = siteOf(sourceYaml('app'));

async function resolved(one: OciRepository, store: ReadStore = registry): Promise<ResolvedRevision> {
  const outcome = await createResolveStage(async () => store).resolve({ source: one, desired }, never);
  if (outcome.kind === 'unchanged') throw new Error('unchanged');
  return outcome.resolved;
}

describe('resolve', () => {
  it.each([
    ['latest without a ref', '', '1.0.0', 'latest'],
    ['a tag', '  ref: {tag: edge}', 'edge', 'edge'],
    ['the newest version of a range, over a tag', '  ref: {semver: 1.x, tag: latest}', '1.10.0', '1.10.0'],
  ])('follows %s', async (_, spec, __, tag) => {
    for (const one of ['latest', 'edge', '1.9.0', '1.10.0', '2.0.0']) await publish(one, [[gzip, one]]);
    const { revision, manifest } = await resolved(source(spec));
    expect(revision).toBe(`${tag}@${manifest.digest}`);
    expect((await registry.resolve(tag)).kind === 'resolved').toBe(true);
  });

  it('follows a digest over everything else, and names the revision by it alone', async () => {
    const digest = await publish('latest', [[gzip, 'a']]);
    await publish('latest', [[gzip, 'b']]);
    expect((await resolved(source(`  ref: {digest: "${digest}", semver: "*", tag: latest}`))).revision).toBe(
      digest,
    );
  });

  it('is unchanged while the tag names what is known', async () => {
    const digest = await publish('latest', [[gzip, 'a']]);
    const stage = createResolveStage(async () => registry);
    const known = { digest };
    expect((await stage.resolve({ source: source(), desired, known }, never)).kind).toBe('unchanged');
    await publish('latest', [[gzip, 'b']]);
    expect((await stage.resolve({ source: source(), desired, known }, never)).kind).toBe('resolved');
  });

  it.each([
    ['a missing tag', 'not-found', 'REFERENCE_NOT_FOUND'],
    ['a registry that is away', 'unreachable', 'REGISTRY_UNREACHABLE'],
    ['a registry that says no', 'denied', 'REGISTRY_DENIED'],
    ['a registry that sends other bytes', 'digest-mismatch', 'DIGEST_MISMATCH'],
  ] as const)('reports %s under its own code', async (_, oci, code) => {
    const failing: ReadStore = {
      ...registry,
      resolve: async () => {
        throw new OciError(oci, 'x', 'detail');
      },
    };
    await expect(resolved(source(), failing)).rejects.toThrow(expect.objectContaining({ code }));
  });

  it('takes a digest that is none for a mistake in the spec', async () => {
    await expect(resolved(source('  ref: {digest: "sha256:abc"}'))).rejects.toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID', subject: 'spec.ref.digest' }),
    );
  });

  it('passes on for how long the registry asked to be left alone', async () => {
    const failing: ReadStore = {
      ...registry,
      resolve: async () => {
        throw new OciError('rate-limited', 'x', 'detail', { details: { retryAfterMs: 90_000 } });
      },
    };
    await expect(resolved(source(), failing)).rejects.toMatchObject({
      code: 'REGISTRY_RATE_LIMITED',
      retryAfterMs: 90_000,
    });
  });

  it('never takes an empty tag list for success', async () => {
    await publish('latest', [[gzip, 'a']]);
    await expect(resolved(source('  ref: {semver: ">=1.0.0"}'))).rejects.toThrow(
      expect.objectContaining({ code: 'SEMVER_NO_MATCH' }),
    );
  });
});

describe('fetch', () => {
  async function fetched(spec: string): Promise<string> {
    const one = source(spec);
    const stage = createFetchStage(
      async () => registry,
      () => local,
    );
    const { layer } = await stage.fetch(
      { source: one, desired, resolved: await resolved(one) },
      never,
      ignored,
    );
    return layer.mediaType;
  }

  it('takes the first layer, as Flux does, or the one that the selector names', async () => {
    await publish('latest', [
      ['text/plain', 'a'],
      [gzip, 'b'],
    ]);
    expect(await fetched('')).toBe('text/plain');
    expect(await fetched(`  layerSelector: {mediaType: ${gzip}}`)).toBe(gzip);
  });

  it('names the layers that are there when the selector finds none', async () => {
    await publish('latest', [['text/plain', 'a']]);
    await expect(fetched('  layerSelector: {mediaType: x/y}')).rejects.toThrow(
      /x\/y.*its layers are: text\/plain/,
    );
  });

  it('says so when there is no layer at all', async () => {
    await publish('latest', []);
    await expect(fetched('')).rejects.toThrow(expect.objectContaining({ code: 'LAYER_NOT_FOUND' }));
  });

  it('needs no registry for a layer that is there already', async () => {
    await publish('latest', [[gzip, 'a']]);
    await fetched('');
    const one = source();
    const revision = await resolved(one);
    const away = async (): Promise<ReadStore> => {
      throw new OciError('unreachable', 'x', 'away');
    };
    const stage = createFetchStage(away, () => local);
    expect((await stage.fetch({ source: one, desired, resolved: revision }, never, ignored)).revision).toBe(
      revision.revision,
    );
  });

  it('fetches a layer anew that the local layout has lost bytes of', async () => {
    await publish('latest', [[gzip, 'whole']]);
    await fetched('');
    const damaged = {
      ...local,
      exists: local.exists.bind(local),
      push: local.push.bind(local),
      pull: local.pull.bind(local),
      tag: local.tag.bind(local),
    };
    const deleted: string[] = [];
    const store: UntaggingStore = {
      ...damaged,
      resolve: local.resolve.bind(local),
      tags: local.tags.bind(local),
      referrers: local.referrers.bind(local),
      fetch: () => {
        throw new OciError('digest-mismatch', 'blob', 'damaged');
      },
      delete: async ({ digest }) => void deleted.push(digest),
      untag: local.untag.bind(local),
      renew: local.renew.bind(local),
    };
    const one = source();
    const stage = createFetchStage(
      async () => registry,
      () => store,
    );
    const { layer } = await stage.fetch(
      { source: one, desired, resolved: await resolved(one) },
      never,
      ignored,
    );
    expect(deleted).toEqual([layer.digest]);
  });

  it('keeps the manifest of what is in force in the local layout', async () => {
    const digest = await publish('latest', [[gzip, 'a']]);
    await fetched('');
    expect(await local.resolve('current')).toMatchObject({ kind: 'resolved', descriptor: { digest } });
  });
});
