import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageLayout, openLayout } from 'oci-client-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AgentParts, Engine } from '../../src/agent/index.ts';
import type { StateStore } from '../../src/api/index.ts';
import { createMemoryStateStore } from '../../src/site/index.ts';
import { createFetchStage, createResolveStage } from '../../src/source/index.ts';
import { createMemoryTarget } from '../../src/target/index.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeStages } from '../fakes/fake-stages.ts';
import { blobOf, imageOf } from '../fakes/oci-content.ts';
import { siteOf, sourceYaml } from '../fakes/site.ts';
import { repositoryAt, send, serve } from '../fixtures/remote-registry.ts';

const layer = blobOf('0123456789'.repeat(20_000), 'application/vnd.cncf.flux.content.v1.tar+gzip');
const image = imageOf({ layers: [layer.descriptor] });
/** What comes at once; then a byte every few milliseconds. */
const early = 50_000;
const window = 5 * 60_000;

let directory: string;
let layout: ImageLayout;
let state: StateStore;
let stop: AbortController;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'trickling-'));
  layout = await openLayout(directory);
  state = createMemoryStateStore();
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await rm(directory, { recursive: true, force: true });
});

function partsAt(host: string, clock: FakeClock): AgentParts {
  const open = async () => repositoryAt(host);
  const stages = {
    ...new FakeStages().stages,
    resolve: createResolveStage(open),
    fetch: createFetchStage(open, () => layout.repository()),
  };
  const listener = (): void => {};
  const random = { next: () => 0.5 };
  return { stages, target: createMemoryTarget(), state, clock, random, withdrawAll: true, listener };
}

it('loses its place after five minutes of trickling, and goes on where it was when its turn comes again', async () => {
  const clock = new FakeClock();
  let trickling = true;
  let cut = 0;
  const registry = await serve((request, response) => {
    if (request.url?.includes('/manifests/')) return send(response, image);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const { size } = layer.descriptor;
    const range = from > 0 ? { 'content-range': `bytes ${from}-${size - 1}/${size}` } : {};
    response.writeHead(from > 0 ? 206 : 200, range);
    if (!trickling) return void response.end(layer.bytes.subarray(from));
    response.write(layer.bytes.subarray(from, early));
    let at = early;
    const timer = setInterval(() => {
      response.write(layer.bytes.subarray(at, at + 1));
      at += 1;
    }, 5);
    response.on('close', () => {
      clearInterval(timer);
      cut += 1;
    });
  });
  const done = new Engine(partsAt(registry.host, clock), siteOf(sourceYaml('app'))).run(stop.signal);
  const incoming = () => readdir(join(directory, '.incoming'));
  await expect.poll(async () => (await incoming()).length).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const ready = () =>
    state.sources.find('edge', 'app')?.status.conditions.find(({ type }) => type === 'Ready');
  expect(ready()).toBeUndefined();

  await clock.advance(window);
  await expect.poll(() => cut).toBe(1);
  await expect.poll(ready).toMatchObject({
    status: 'False',
    message: expect.stringContaining('expected at least 65536 bytes in 300 s, got 50'),
  });
  expect(await incoming()).toHaveLength(1);

  trickling = false;
  await expect.poll(() => clock.sleeping.length).toBeGreaterThan(0);
  await clock.advance(60_000);
  await expect.poll(ready).toMatchObject({ status: 'True' });
  const ranges = registry.requests
    .filter(({ url }) => url.includes('/blobs/'))
    .map(({ headers }) => headers.range);
  expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=50\d{3}-$/)]);
  expect(await incoming()).toEqual([]);
  stop.abort();
  await done;
});
