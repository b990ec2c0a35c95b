// Prints what one verification costs as a command, beside cosign's: `npm run peers -- cosign && npm run bench:verify-command -- --rounds 20`.
// Builds the program and runs it as the published package does. Linux only: it reads /proc.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openLayout, serveRegistry } from 'oci-client-ts';
import { findPeer } from '../peers/find.ts';
import { type Cost, type Program, runMeasured } from './run-measured.ts';

const root = path.resolve(import.meta.dirname, '../..');
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);

const cosign = findPeer('cosign');
if (cosign === undefined) throw new Error('cosign: expected a built program; run `npm run peers -- cosign`');

const folder = await mkdtemp(path.join(tmpdir(), 'sealift-verify-command-'));
const env = {
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  XDG_CACHE_HOME: path.join(folder, 'cache'),
  COSIGN_PASSWORD: 'bench',
  // Port 9 answers nobody: nothing of what is measured is the internet.
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1',
};

/** The package as `npm pack` would have it. */
async function publish(): Promise<string> {
  const published = path.join(folder, 'published');
  execFileSync(process.execPath, ['scripts/build.ts', path.join(published, 'dist')], {
    cwd: root,
    stdio: 'ignore',
  });
  for (const file of ['package.json', 'cmd/sealift/bin.js']) {
    await mkdir(path.dirname(path.join(published, file)), { recursive: true });
    await cp(path.join(root, file), path.join(published, file));
  }
  return path.join(published, 'cmd/sealift/bin.js');
}

function median(costs: readonly Cost[], of: keyof Cost): number {
  const sorted = costs.map((cost) => cost[of]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function row(name: string, costs: readonly Cost[]): string {
  const least = Math.min(...costs.map(({ wallMs }) => wallMs));
  const cells = [
    median(costs, 'wallMs').toFixed(0),
    least.toFixed(0),
    median(costs, 'cpuMs').toFixed(0),
    (median(costs, 'peak') / 1024 / 1024).toFixed(0),
  ];
  return `| ${name} | ${cells.join(' | ')} |`;
}

async function measure(programs: ReadonlyMap<string, Program>): Promise<void> {
  const costs = new Map([...programs.keys()].map((name) => [name, [] as Cost[]]));
  for (const program of programs.values()) await runMeasured(program);
  // In turns, so that whatever else the machine does weighs on all alike.
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, program] of programs) costs.get(name)?.push(await runMeasured(program));
  }
  console.log('| | median, ms | least, ms | CPU, ms | peak resident, MiB |\n| --- | --- | --- | --- | --- |');
  for (const [name, each] of costs) console.log(row(name, each));
}

const registry = await serveRegistry({
  layout: await openLayout(path.join(folder, 'layout')),
  host: '127.0.0.1',
  port: 0,
});
try {
  const program = await publish();
  const key = path.join(folder, 'key');
  const name = `127.0.0.1:${registry.port}/bench/app:v1`;
  await mkdir(path.join(folder, 'tree'));
  await writeFile(path.join(folder, 'tree/app.yaml'), 'a: 1\n');
  const push = ['push', `oci://${name}`, '-f', path.join(folder, 'tree'), '--source', 'x', '--revision', 'y'];
  for (const args of [
    ['keygen', '--output-key-prefix', key],
    [...push, '--sign-key', `${key}.key`],
  ]) {
    await runMeasured({ file: process.execPath, args: [program, ...args], env });
  }
  const verify = ['verify', `oci://${name}`, '--key', `${key}.pub`];
  const theirs = ['verify', '--key', `${key}.pub`, '--insecure-ignore-tlog=true', name];
  await measure(
    new Map<string, Program>([
      ['sealift verify --key', { file: process.execPath, args: [program, ...verify], env }],
      ['cosign verify --key', { file: cosign, args: theirs, env, quiet: true }],
      ['node, nothing done', { file: process.execPath, args: ['-e', '0'], env }],
    ]),
  );
} finally {
  await registry.close();
  await rm(folder, { recursive: true });
}
