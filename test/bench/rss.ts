// Prints the memory of an idle agent: `npm run bench:rss -- --deliveries 0,100 --wait 30`. Linux only: it reads /proc.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openLayout, serveRegistry } from 'oci-client-ts';
import { delivered } from './delivered.ts';
import { imageStart } from './image-start.ts';
import { cpuSeconds, residentMiB } from './process-figures.ts';
import { makeSite } from './site.ts';

const root = path.resolve(import.meta.dirname, '../..');
const { options, env } = imageStart();
const bundle = path.join(root, 'dist/sealift.js');
/** What Node is given, and what is added to the environment. */
const programs = {
  source: { start: [path.join(root, 'cmd/sealift/main.ts')], env: {} },
  bundle: { start: [bundle], env: {} },
  image: { start: [...options, bundle], env },
} as const;
const deliverLimitMs = 120_000;

async function measure(
  kind: keyof typeof programs,
  configuration: string,
  deliveries: number,
  waitSeconds: number,
): Promise<readonly (string | number)[]> {
  const state = await mkdtemp(path.join(tmpdir(), 'sealift-rss-state-'));
  const program = programs[kind];
  // What was written just now is waited for, which is no part of a start.
  await sleep(6_000);
  const started = performance.now();
  const agent = spawn(
    process.execPath,
    [...program.start, 'run', '--config', configuration, '--state-dir', state, '--log-format', 'json'],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: state, env: { ...process.env, ...program.env } },
  );
  try {
    await delivered(agent.stdout, deliveries, deliverLimitMs);
    const readySeconds = (performance.now() - started) / 1000;
    await sleep(waitSeconds * 1000);
    const { pid } = agent;
    if (pid === undefined || agent.exitCode !== null) throw new Error('the agent ended while it was idle');
    const { all, own } = await residentMiB(pid);
    return [kind, String(deliveries), readySeconds, all, own, await cpuSeconds(pid)];
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
if (!existsSync(bundle)) throw new Error(`${bundle}: expected the bundle, got none: run \`npm run build\``);
try {
  printRow(['program', 'deliveries', 'ready after, s', 'resident, MiB', 'of it its own, MiB', 'CPU, s']);
  printRow(['---', '---', '---', '---', '---', '---']);
  for (const deliveries of values.deliveries.split(',').map(Number)) {
    const configuration = await makeSite(folder, new URL(registry.url).host, deliveries);
    for (const kind of ['source', 'bundle', 'image'] as const)
      printRow(await measure(kind, configuration, deliveries, Number(values.wait)));
  }
} finally {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
}
