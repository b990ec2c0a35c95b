// Prints the memory of an idle agent: `npm run bench:rss -- --deliveries 0,100 --wait 30`. Linux only: it reads /proc.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openLayout, serveRegistry } from 'oci-client-ts';
import { makeSite } from './site.ts';

const root = path.resolve(import.meta.dirname, '../..');
const programs = { source: 'cmd/sealift/main.ts', bundle: 'dist/sealift.js' } as const;
const deliverLimitMs = 120_000;

async function procField(pid: number, file: string, pattern: RegExp): Promise<number> {
  const text = await readFile(`/proc/${pid}/${file}`, 'utf8');
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`/proc/${pid}/${file}: expected ${pattern}`);
  return Number(found);
}

async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Name of the delivery that a line of the log says was applied; the empty name for the site itself. */
function appliedBy(line: string): string | undefined {
  const { level, controllerKind, name, reason, msg } = JSON.parse(line);
  if (level === 'error') throw new Error(`the agent failed: ${name}: ${msg}`);
  if (reason === 'ConfigurationLoaded') return '';
  return controllerKind === 'Kustomization' && reason === 'ReconciliationSucceeded' ? name : undefined;
}

/** Resolves when each delivery has been applied once; rejects when the agent fails or takes too long. */
async function delivered(output: Readable, deliveries: number): Promise<void> {
  const names = new Set<string>();
  for await (const line of createInterface({ input: output, signal: AbortSignal.timeout(deliverLimitMs) })) {
    const name = appliedBy(line);
    if (name !== undefined) names.add(name);
    if (names.size > deliveries) break;
  }
  if (names.size <= deliveries)
    throw new Error(`the agent ended: expected ${deliveries} deliveries, got ${Math.max(0, names.size - 1)}`);
  output.resume();
}

async function measure(
  kind: keyof typeof programs,
  configuration: string,
  deliveries: number,
  waitSeconds: number,
): Promise<readonly (string | number)[]> {
  const state = await mkdtemp(path.join(tmpdir(), 'sealift-rss-state-'));
  const program = path.join(root, programs[kind]);
  // What was written just now is waited for, which is no part of a start.
  await sleep(6_000);
  const started = performance.now();
  const agent = spawn(
    process.execPath,
    [program, 'run', '--config', configuration, '--state-dir', state, '--log-format', 'json'],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: state },
  );
  try {
    await delivered(agent.stdout, deliveries);
    const readySeconds = (performance.now() - started) / 1000;
    await sleep(waitSeconds * 1000);
    const { pid } = agent;
    if (pid === undefined || agent.exitCode !== null) throw new Error('the agent ended while it was idle');
    const resident = await procField(pid, 'status', /^VmRSS:\s+(\d+) kB/m);
    // Without what is mapped from files, such as node itself, which all processes of a machine share.
    const own = await procField(pid, 'status', /^RssAnon:\s+(\d+) kB/m);
    return [kind, String(deliveries), readySeconds, resident / 1024, own / 1024, await cpuSeconds(pid)];
  } finally {
    if (agent.exitCode === null && agent.kill()) await once(agent, 'exit');
    await rm(state, { recursive: true, force: true });
  }
}

function printRow(cells: readonly (string | number)[]): void {
  const texts = cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(1) : cell));
  console.log(`| ${texts.join(' | ')} |`);
}

const { values } = parseArgs({
  options: {
    deliveries: { type: 'string', default: '0,100' },
    wait: { type: 'string', default: '30' },
  },
});
const folder = await mkdtemp(path.join(tmpdir(), 'sealift-rss-'));
const registry = await serveRegistry({ layout: await openLayout(path.join(folder, 'registry')) });
const kinds = (['source', 'bundle'] as const).filter((kind) => existsSync(path.join(root, programs[kind])));
try {
  printRow(['program', 'deliveries', 'ready after, s', 'resident, MiB', 'of it its own, MiB', 'CPU, s']);
  printRow(['---', '---', '---', '---', '---', '---']);
  for (const deliveries of values.deliveries.split(',').map(Number)) {
    const configuration = await makeSite(folder, new URL(registry.url).host, deliveries);
    for (const kind of kinds) printRow(await measure(kind, configuration, deliveries, Number(values.wait)));
  }
} finally {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
}
