import { readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { openLayout, type Store } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Convergence } from '../../src/agent/index.ts';
import type { SourceRecord } from '../../src/api/index.ts';
import { legacyLayer, newSigner, payloadOf, pushLegacy, type Signer } from '../fixtures/signed-artifact.ts';
import { configMapYaml, deliveredFile, type SiteBench, startSiteBench } from './harness/site-bench.ts';

let bench: SiteBench;

beforeEach(async () => {
  bench = await startSiteBench();
});

afterEach(() => bench.close());

const tree = (value: string) => ({ 'a.yaml': configMapYaml('a', value) });

/** Every request fails, as if the registry were not there. */
function cutOff(): void {
  bench.intercept = (request) => {
    request.socket.destroy();
    return true;
  };
}

/** What is delivered again after another hand took it away: only what may be applied. */
async function isApplied(): Promise<boolean> {
  await rm(join(bench.target, deliveredFile('a')), { force: true });
  await bench.run();
  return Object.keys(await bench.delivered()).length > 0;
}

async function record(): Promise<SourceRecord> {
  const agent = await bench.compose();
  const [found] = agent.state.sources.all();
  await agent.close();
  if (found === undefined) throw new Error('no record');
  return found;
}

async function verified(): Promise<string | undefined> {
  return (await record()).status.conditions.find(({ type }) => type === 'SourceVerified')?.status;
}

function codes({ failures }: Convergence): readonly string[] {
  return failures.map(({ error }) => error.code);
}

describe('what is in force', () => {
  it('surprise 19: is judged from the local layout when keys change and the registry is gone', async () => {
    await bench.push(tree('good'), { by: [bench.trusted, bench.stranger] });
    expect(codes(await bench.run())).toEqual([]);
    await bench.trust(bench.trusted, bench.stranger);
    cutOff();
    await bench.run();
    expect(await isApplied()).toBe(true);
    expect(await verified()).toBe('True');
  });

  it('is refused when its key is rotated out, and is neither applied any more nor taken back', async () => {
    await bench.push(tree('good'), { by: bench.trusted });
    await bench.run();
    await bench.trust(bench.stranger);
    cutOff();
    await bench.run();
    expect(bench.events.findLast(({ kind }) => kind === 'failed')).toBeDefined();
    expect(bench.events).toContainEqual(
      expect.objectContaining({ kind: 'failed', stage: 'verify', code: 'SIGNATURE_KEY_UNKNOWN' }),
    );
    expect(Object.keys(await bench.delivered())).toEqual([deliveredFile('a')]);
    expect(await isApplied()).toBe(false);
    expect((await record()).revoked).toBe(true);
  });

  it('is taken up again from the local layout when its key comes back', async () => {
    await bench.push(tree('good'), { by: bench.trusted });
    await bench.run();
    await bench.trust(bench.stranger);
    cutOff();
    await bench.run();
    await bench.trust(bench.trusted);
    expect(await isApplied()).toBe(true);
  });

  it('stays in force under another key that signed it too, although its tag has moved on to something refused', async () => {
    const signed = await bench.push(tree('good'), { by: bench.trusted });
    await bench.run();
    await bench.push(tree('evil'));
    expect(codes(await bench.run())).toEqual(['SIGNATURE_MISSING']);
    await bench.sign(signed, bench.stranger);
    await bench.trust(bench.stranger);
    expect(codes(await bench.run())).toEqual(['SIGNATURE_MISSING']);
    expect(await isApplied()).toBe(true);
    expect(await bench.delivered()).toEqual({ [deliveredFile('a')]: expect.stringContaining('good') });
    // What came from the registry for this is kept as well.
    cutOff();
    await bench.trust(bench.stranger, bench.trusted);
    expect(await isApplied()).toBe(true);
  });

  it('is judged by legacy signatures as well, which lie under a tag', async () => {
    const signer = newSigner();
    const signed = await bench.push(tree('good'));
    await signLegacy(bench.store, signed.digest, signer);
    await bench.trust(signer.publicPem);
    expect(codes(await bench.run())).toEqual([]);
    cutOff();
    await bench.trust(signer.publicPem, bench.trusted);
    expect(await isApplied()).toBe(true);
    await bench.trust(bench.trusted);
    expect(await isApplied()).toBe(false);
  });

  it('is held back when its evidence is gone and the registry too, and judged when that is back', async () => {
    await bench.push(tree('good'), { by: bench.trusted });
    await bench.run();
    await forgetReferrers();
    await bench.trust(bench.trusted, bench.stranger);
    cutOff();
    expect(await isApplied()).toBe(false);
    expect(bench.events).toContainEqual(
      expect.objectContaining({ kind: 'failed', stage: 'verify', code: 'REGISTRY_UNREACHABLE' }),
    );
    expect((await record()).revoked).toBeUndefined();
    bench.intercept = undefined;
    expect(await isApplied()).toBe(true);
  });

  it('is judged by the registry when the evidence on the disk was changed', async () => {
    await bench.push(tree('good'), { by: bench.trusted });
    await bench.run();
    await forgetReferrers();
    await bench.trust(bench.trusted, bench.stranger);
    expect(await isApplied()).toBe(true);
    cutOff();
    await bench.trust(bench.trusted);
    expect(await isApplied()).toBe(true);
  });
});

describe('evidence on the disk', () => {
  it.each([
    ['of bundles', (digest: string) => bench.sign({ digest }, bench.trusted)],
    ['of legacy signatures', (digest: string) => signLegacy(bench.store, digest, legacySigner)],
  ])('%s stays as long as the artifact, and goes with it', async (_, sign) => {
    await bench.trust(bench.trusted, legacySigner.publicPem);
    const first = await bench.push(tree('one'));
    await sign(first.digest);
    expect(codes(await bench.run())).toEqual([]);
    await age();
    await bench.run();
    const kept = await blobs();
    expect(kept.length).toBeGreaterThan(3);
    const second = await bench.push(tree('two'));
    await sign(second.digest);
    await bench.run();
    await age();
    await bench.run();
    const after = await blobs();
    expect(after).toHaveLength(kept.length);
    expect(after.filter((digest) => kept.includes(digest) && digest !== empty)).toEqual([]);
  });
});

/** Config of bundles, the same for all: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor */
const empty = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
const legacySigner: Signer = newSigner();

async function signLegacy(store: Store, digest: string, signer: Signer): Promise<void> {
  const found = await store.resolve(digest);
  if (found.kind !== 'resolved') throw new Error('not resolved');
  await pushLegacy(store, found.descriptor, [legacyLayer(signer, payloadOf(digest))]);
}

/** Takes all signatures out of the local layout. */
async function forgetReferrers(): Promise<void> {
  const { layer } = await record();
  const local = await openLayout(join(bench.state, 'layout'));
  const digest = layer?.revision.split('@')[1] ?? '';
  const store = local.repository('source/edge/app');
  const found = await store.resolve(digest);
  if (found.kind !== 'resolved') throw new Error('not resolved');
  let count = 0;
  for await (const referrer of store.referrers(found.descriptor)) {
    await store.delete(referrer);
    count += 1;
  }
  expect(count).toBe(1);
}

const blobDirectory = (): string => join(bench.state, 'layout', 'blobs', 'sha256');

async function blobs(): Promise<readonly string[]> {
  return (await readdir(blobDirectory())).sort();
}

/** As if all that lies there had been fetched long ago. */
async function age(): Promise<void> {
  for (const name of await blobs()) await utimes(join(blobDirectory(), name), 1, 1);
}
