import {
  createMemoryStore,
  type Descriptor,
  OciError,
  type OciErrorCode,
  type ReadStore,
  type Store,
} from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { readableStore } from '../../test/fixtures/readable-store.ts';
import {
  bundleOf,
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
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import type { Verdict } from '../api/index.ts';
import { createVerifyStage, isSignedBy } from './index.ts';
import { parsePublicKey } from './proof/public-key.ts';

const signer = newSigner();
const desired = desiredState(keyPolicy('release', [signer.publicPem]));

let store: Store;
let artifact: SignedContent;
let bundle: Descriptor;

beforeEach(async () => {
  store = createMemoryStore();
  artifact = await pushArtifact(store);
  bundle = (
    await pushBundle(store, artifact.descriptor, bundleOf(signer, statementOf(artifact.descriptor.digest)))
  ).descriptor;
});

function verify(
  repository: ReadStore,
  signal = new AbortController().signal,
  policies = desired,
): Promise<Verdict> {
  const stage = createVerifyStage({ openRepository: async () => repository });
  const { descriptor: manifest, content } = artifact;
  return stage.verify(
    { source: ociSource(), desired: policies, resolved: { revision: 'v1', manifest, content } },
    signal,
  );
}

function failing(code: OciErrorCode): AsyncIterable<never> {
  const next = () => Promise.reject(new OciError(code, 'registry.test', 'it does not answer'));
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

const outages: readonly (readonly [OciErrorCode, string])[] = [
  ['unauthorized', 'REGISTRY_DENIED'],
  ['denied', 'REGISTRY_DENIED'],
  ['rate-limited', 'REGISTRY_RATE_LIMITED'],
  ['server-error', 'REGISTRY_FAILED'],
  ['timeout', 'REGISTRY_TIMEOUT'],
  ['tls', 'REGISTRY_TLS_FAILED'],
  ['unreachable', 'REGISTRY_UNREACHABLE'],
];

describe('an outage is an error, never "unsigned"', () => {
  it.each(outages)('attack 41: %s while referrers are listed: %s', async (fault, code) => {
    await expect(verify({ ...readableStore(store), referrers: () => failing(fault) })).rejects.toMatchObject({
      code,
    });
  });

  it.each(outages)('attack 41: %s while a referrer is fetched: %s', async (fault, code) => {
    await expect(verify({ ...readableStore(store), fetch: () => failing(fault) })).rejects.toMatchObject({
      code,
    });
  });

  it.each(outages)('attack 41: %s while the signature tag is resolved: %s', async (fault, code) => {
    const repository: ReadStore = {
      ...readableStore(store),
      async *referrers() {},
      resolve: async (reference) => {
        throw new OciError(fault, reference, 'it does not answer');
      },
    };
    await expect(verify(repository)).rejects.toMatchObject({ code });
  });

  it('holds while the signer asks whether it signed already', async () => {
    const key = await parsePublicKey(signer.publicPem, 'key');
    const never = new AbortController().signal;
    expect(await isSignedBy(store, artifact.descriptor, key, never)).toBe(true);
    const down: ReadStore = { ...readableStore(store), referrers: () => failing('server-error') };
    await expect(isSignedBy(down, artifact.descriptor, key, never)).rejects.toMatchObject({
      code: 'REGISTRY_FAILED',
    });
  });

  it('attack 41: is no refusal either when other candidates were refused', async () => {
    await pushBundle(store, artifact.descriptor, '{"junk":1}');
    const repository: ReadStore = {
      ...readableStore(store),
      fetch: (descriptor, options) =>
        descriptor.digest === bundle.digest ? failing('server-error') : store.fetch(descriptor, options),
    };
    await expect(verify(repository)).rejects.toMatchObject({ code: 'REGISTRY_FAILED' });
  });

  it('counts against nobody either where all signatures are compared', async () => {
    const freshness = { order: 'none', expires: 'ifPresent', audience: ['here'] };
    const repository: ReadStore = {
      ...readableStore(store),
      resolve: async (reference) => {
        throw new OciError('server-error', reference, 'it does not answer');
      },
    };
    const comparing = desiredState(keyPolicy('release', [signer.publicPem], { freshness }));
    expect(await verify(repository, undefined, comparing)).toMatchObject({ kind: 'accepted' });
    const stranger = desiredState(keyPolicy('release', [newSigner().publicPem], { freshness }));
    await expect(verify(repository, undefined, stranger)).rejects.toMatchObject({ code: 'REGISTRY_FAILED' });
  });

  it('counts against nobody while another signature suffices', async () => {
    const { digest } = artifact.descriptor;
    await pushLegacy(store, artifact.descriptor, [legacyLayer(signer, payloadOf(digest))]);
    const repository: ReadStore = {
      ...readableStore(store),
      fetch: (descriptor, options) =>
        descriptor.digest === bundle.digest ? failing('server-error') : store.fetch(descriptor, options),
    };
    expect(await verify(repository)).toMatchObject({ kind: 'accepted', signers: [{ format: 'legacy' }] });
  });
});

describe('a registry that answers with other bytes', () => {
  const answering = (content: Uint8Array): ReadStore => ({
    ...readableStore(store),
    async *fetch() {
      yield content;
    },
  });

  it.each([
    ['of another digest', (size: number) => Buffer.alloc(size)],
    ['that are fewer', (size: number) => Buffer.alloc(size - 1)],
    ['without end', () => Buffer.alloc(8 * 1024 * 1024)],
  ])('attack 11: %s is reported, not believed', async (_what, content) => {
    await expect(verify(answering(content(bundle.size)))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  it('attack 12: is read no further than the size that was named', async () => {
    let chunks = 0;
    const repository: ReadStore = {
      ...readableStore(store),
      async *fetch() {
        for (; ; chunks += 1) yield Buffer.alloc(64 * 1024);
      },
    };
    await expect(verify(repository)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(chunks).toBeLessThan(2);
  });
});

describe('requests', () => {
  it('end with the first signature that suffices', async () => {
    const asked: string[] = [];
    await pushBundle(store, artifact.descriptor, '{"junk":1}', {
      manifest: { artifactType: 'application/spdx+json' },
    });
    const repository: ReadStore = {
      ...readableStore(store),
      fetch: (descriptor, options) => {
        asked.push(descriptor.mediaType);
        return store.fetch(descriptor, options);
      },
      resolve: (reference, options) => {
        asked.push(reference);
        return store.resolve(reference, options);
      },
    };
    expect(await verify(repository)).toMatchObject({ kind: 'accepted' });
    expect(asked).toEqual([
      'application/vnd.oci.image.manifest.v1+json',
      'application/vnd.dev.sigstore.bundle.v0.3+json',
    ]);
  });

  it('stop when they are aborted, whatever was found', async () => {
    const controller = new AbortController();
    const reason = new Error('shutdown');
    const repository: ReadStore = {
      ...readableStore(store),
      fetch: () => {
        controller.abort(reason);
        return failing('unreachable');
      },
    };
    await expect(verify(repository, controller.signal)).rejects.toBe(reason);
  });
});
