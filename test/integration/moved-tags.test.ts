import { type Descriptor, type Intercept, parseManifest } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configMapYaml, deliveredFile, type SiteBench, startSiteBench } from './harness/site-bench.ts';

// Whoever may write to a registry may move every tag at every moment.

let bench: SiteBench;

beforeEach(async () => {
  bench = await startSiteBench();
});

afterEach(() => bench.close());

type Signer = 'trusted' | 'stranger' | 'nobody';

function push(value: string, by: Signer, tag: string): Promise<Descriptor> {
  const signer = by === 'nobody' ? {} : { by: bench[by] };
  return bench.push({ 'app.yaml': configMapYaml('app', value) }, { tag, ...signer });
}

/** What a run came to: the codes of its failures, and what is delivered. */
async function run(): Promise<readonly [codes: readonly string[], delivered: string | undefined]> {
  const { failures } = await bench.run();
  const text = (await bench.delivered())[deliveredFile('app')] ?? '';
  return [failures.map(({ error }) => error.code), /value: (\S+)/.exec(text)?.[1]];
}

async function layerOf({ digest }: Descriptor): Promise<string> {
  const found = await bench.store.resolve(digest);
  const manifest = found.kind === 'resolved' ? parseManifest(found.content) : undefined;
  return manifest?.kind === 'image' ? (manifest.layers[0]?.digest ?? '') : '';
}

type Route = Parameters<Intercept>[2];

describe('a tag that moves while an artifact is on its way', () => {
  const isBlob = (route: Route, digest: string): boolean => route.kind === 'blob' && route.digest === digest;

  it.each<[string, (route: Route, layer: string) => boolean]>([
    ['while its signatures are listed', ({ kind }) => kind === 'referrers'],
    ['while its signature is read', (route, layer) => route.kind === 'blob' && !isBlob(route, layer)],
    ['while its layer is pulled', isBlob],
  ])('attack 10: delivers what was verified when it moves %s', async (_when, isMoment) => {
    const evil = await push('evil', 'stranger', 'elsewhere');
    const layer = await layerOf(await push('good', 'trusted', 'stable'));
    let moves = 0;
    bench.intercept = async (_request, _response, route) => {
      if (isMoment(route, layer)) {
        moves += 1;
        await bench.store.tag(evil, 'stable');
      }
      return false;
    };
    expect(await run()).toEqual([[], 'good']);
    expect(moves).toBeGreaterThan(0);
    expect(await run()).toEqual([['SIGNATURE_KEY_UNKNOWN'], 'good']);
  });
});

describe('a tag that is written over', () => {
  it.each<[Signer, string]>([
    ['nobody', 'SIGNATURE_MISSING'],
    ['stranger', 'SIGNATURE_KEY_UNKNOWN'],
  ])('attack 24: lends no trust to what %s signed', async (by, code) => {
    await push('good', 'trusted', 'stable');
    expect(await run()).toEqual([[], 'good']);
    await push('evil', by, 'stable');
    expect(await run()).toEqual([[code], 'good']);
  });

  it('attack 24: means one artifact for ever when it is a version, whoever signed the other', async () => {
    await bench.configure({ ref: { semver: '>=1.0.0' } }, { freshness: { order: 'semver' } });
    await push('good', 'trusted', '1.0.0');
    expect(await run()).toEqual([[], 'good']);
    await push('other', 'trusted', '1.0.0');
    expect(await run()).toEqual([['REVISION_EQUIVOCATION'], 'good']);
    await push('next', 'trusted', '1.0.1');
    expect(await run()).toEqual([[], 'next']);
  });
});
