// Builds one tree again and again inside a process, in turns with calling kustomize, and reports what both cost: arguments as JSON.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { spareMemory } from '../../cmd/sealift/spare-memory.ts';
import { siteObjectSchema } from '../../src/api/index.ts';
import { createBuildStage, createChildProcessExec } from '../../src/build/index.ts';

interface Asked {
  readonly root: string;
  readonly path: string;
  readonly builds: string;
  readonly kustomize: string;
  /** What kustomize is given when it is called directly. */
  readonly direct: string;
  readonly rounds: number;
}

interface Moment {
  readonly wall: number;
  /** Of this process, its threads included. */
  readonly cpu: number;
}

spareMemory();
const { root, path, builds, kustomize, direct, rounds } = JSON.parse(process.argv[2] ?? '') as Asked;
const cacheBytes = 64 * 1024 * 1024;
const { signal } = new AbortController();

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), cpu: (user + system) / 1000 };
}

function span(from: Moment, to: Moment): Moment {
  return { wall: to.wall - from.wall, cpu: to.cpu - from.cpu };
}

async function timed(work: () => Promise<unknown>): Promise<Moment> {
  const from = now();
  await work();
  return span(from, now());
}

/** Of the values, the one that this part of them is below. */
function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? 0;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Bytes resident at most, of this process or another. */
function peakOf(pid: number | string): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** As anybody would call it from Node who wants the text that it prints. */
function callDirectly(environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const child = spawn(kustomize, ['build', direct], {
    env: { HOME: '/', ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const text = Buffer.concat(chunks).toString('utf8');
      if (code === 0 && text !== '') resolve(text);
      else reject(new Error(`kustomize build ${direct}: ended with ${code}`));
    });
  });
}

/** Bytes that the largest program has resident at most that is started meanwhile. */
async function childPeak(work: () => Promise<unknown>): Promise<number> {
  let peak = 0;
  const look = setInterval(() => {
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ');
    for (const pid of children) if (pid !== '') peak = Math.max(peak, peakOf(pid));
  }, 2);
  await work();
  clearInterval(look);
  return peak;
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

/** When kustomize was started and when it had ended. */
let child = { from: now(), to: now() };
const exec = createChildProcessExec();
const settings = {
  exec: {
    run: async (...asked: Parameters<typeof exec.run>) => {
      const from = now();
      const outcome = await exec.run(...asked);
      child = { from, to: now() };
      return outcome;
    },
  },
  temporaryDirectory: builds,
  searchPath: '',
  kustomize,
};
const stage = createBuildStage(settings);

interface Turn {
  readonly own: Moment;
  readonly before: Moment;
  readonly after: Moment;
}

async function build(): Promise<Turn> {
  const from = now();
  await stage.build(request, signal);
  const to = now();
  return { own: span(from, to), before: span(from, child.from), after: span(child.to, to) };
}

const idle = peakOf('self');
const first = await timed(build);
const grown = peakOf('self') - idle;
await callDirectly();
/** What builds ask of the Go runtime, so that it can be told from the rest. */
const sameCollecting = { GOGC: '200' };
const turns: Turn[] = [];
const calls: Moment[] = [];
const tunedCalls: Moment[] = [];
const ways = [
  async () => turns.push(await build()),
  async () => calls.push(await timed(() => callDirectly())),
  async () => tunedCalls.push(await timed(() => callDirectly(sameCollecting))),
];
for (let round = 0; round < rounds * ways.length; round += 1) {
  // Who comes later in a round may find the caches of the machine warmer.
  await ways[(round + Math.floor(round / ways.length)) % ways.length]?.();
}
const cached = createBuildStage({ ...settings, cacheBytes });
await cached.build(request, signal);
const again: number[] = [];
for (let round = 0; round < rounds; round += 1) {
  again.push((await timed(() => cached.build(request, signal))).wall);
}
/** Round by round. */
function beyond(others: readonly Moment[]): readonly number[] {
  return turns.map(({ own }, round) => own.wall - (others[round]?.wall ?? 0));
}

const over = beyond(calls);
const report = {
  first: first.wall,
  grown,
  wall: median(turns.map(({ own }) => own.wall)),
  cpu: median(turns.map(({ own }) => own.cpu)),
  before: median(turns.map(({ before }) => before.wall)),
  after: median(turns.map(({ after }) => after.wall)),
  bare: median(calls.map(({ wall }) => wall)),
  bareCpu: median(calls.map(({ cpu }) => cpu)),
  over: median(over),
  overLow: quantile(over, 0.25),
  overHigh: quantile(over, 0.75),
  overTuned: median(beyond(tunedCalls)),
  again: median(again),
  peak: await childPeak(build),
  barePeak: await childPeak(() => callDirectly()),
};
console.log(JSON.stringify(report));
