// Builds one tree again and again inside a process and reports what it cost: arguments as JSON.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { siteObjectSchema } from '../../src/api/index.ts';
import { createBuildStage, createChildProcessExec } from '../../src/build/index.ts';

interface Asked {
  readonly root: string;
  readonly path: string;
  readonly builds: string;
  readonly kustomize: string;
  readonly rounds: number;
}

const { root, path, builds, kustomize, rounds } = JSON.parse(process.argv[2] ?? '') as Asked;
const cacheBytes = 64 * 1024 * 1024;
interface Moment {
  readonly wall: number;
  /** Of this process, its threads included. */
  readonly cpu: number;
}

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), cpu: (user + system) / 1000 };
}

/** When kustomize was started and when it had ended. */
let child = { from: now(), to: now() };
/** What it printed last. */
let print: Uint8Array = Buffer.alloc(0);

function peak(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const delivery = siteObjectSchema.parse({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'app', namespace: 'bench' },
  spec: { interval: '10m', prune: true, path, sourceRef: { kind: 'OCIRepository', name: 'app' } },
});
if (delivery.kind !== 'Kustomization') throw new Error('expected a Kustomization');
const origin = { revision: 'v1@sha256:00', digest: 'sha256:00', files: 0, bytes: 0 };
const artifact = { ...origin, root, annotations: {}, skipped: [] };
const desired = { sources: [], deliveries: [], policies: [], secrets: [], configMaps: [] };
const request = { delivery, artifact, desired };
const exec = createChildProcessExec();
const settings = {
  exec: {
    run: async (...asked: Parameters<typeof exec.run>) => {
      const from = now();
      const outcome = await exec.run(...asked);
      child = { from, to: now() };
      if (outcome.kind === 'exited') print = outcome.stdout;
      return outcome;
    },
  },
  temporaryDirectory: builds,
  searchPath: '',
  kustomize,
};
const { signal } = new AbortController();

/** Milliseconds of `work`. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const stage = createBuildStage(settings);
const idle = peak();
const first = await timed(() => stage.build(request, signal));
const firstPeak = peak();
const all: Moment[] = [];
const before: Moment[] = [];
const after: Moment[] = [];

function span(from: Moment, to: Moment): Moment {
  return { wall: to.wall - from.wall, cpu: to.cpu - from.cpu };
}

function medians(moments: readonly Moment[]): Moment {
  return { wall: median(moments.map(({ wall }) => wall)), cpu: median(moments.map(({ cpu }) => cpu)) };
}

for (let round = 0; round < rounds; round += 1) {
  const started = now();
  await stage.build(request, signal);
  const ended = now();
  all.push(span(started, ended));
  before.push(span(started, child.from));
  after.push(span(child.to, ended));
}
/** What it costs to start any program and to read as much from it. */
async function childAlone(): Promise<Moment> {
  const file = join(builds, 'printed');
  mkdirSync(builds, { recursive: true });
  writeFileSync(file, print);
  const spans: Moment[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const from = now();
    await exec.run({ program: '/bin/cat', args: [file], directory: '/', home: '/' }, signal);
    spans.push(span(from, now()));
  }
  return medians(spans);
}

const alone = await childAlone();
const cached = createBuildStage({ ...settings, cacheBytes });
await cached.build(request, signal);
const again: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  again.push(await timed(() => cached.build(request, signal)));
}
const report = {
  first,
  wall: medians(all).wall,
  cpu: medians(all).cpu,
  before: medians(before).wall,
  beforeCpu: medians(before).cpu,
  after: medians(after).wall,
  afterCpu: medians(after).cpu,
  least: Math.min(...before.map(({ wall }, round) => wall + (after[round]?.wall ?? 0))),
  alone: alone.wall,
  aloneCpu: alone.cpu,
  again: median(again),
  grown: firstPeak - idle,
};
console.log(JSON.stringify(report));
