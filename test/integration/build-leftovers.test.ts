import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { env, execPath } from 'node:process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { secretYamlFile } from '../fixtures/sops-files.ts';
import { program } from '../setup/program.ts';
import { CommandBench } from './harness/command-bench.ts';

let bench: CommandBench;
beforeEach(async () => {
  bench = await CommandBench.start();
  for (const name of ['tmp', 'run']) mkdirSync(bench.path(name), { mode: 0o700 });
  await bench.write('overlay/kustomization.yaml', 'resources: [a.yaml]\n');
  await bench.write('overlay/a.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
  await bench.write('plain/a.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n');
});
afterEach(() => bench.close());

function leftovers(): readonly string[] {
  return readdirSync(bench.path('tmp'));
}

/** A kustomize that writes down who it is, and never ends. */
function hangingKustomize(): string {
  const path = bench.path('kustomize');
  const script = `require('node:fs').writeFileSync('${bench.path('pid')}', String(process.pid)); setInterval(() => {}, 1000);`;
  writeFileSync(path, `#!${execPath}\n${script}\n`, { mode: 0o755 });
  return path;
}

function pidOfKustomize(): number {
  return existsSync(bench.path('pid')) ? Number(readFileSync(bench.path('pid'), 'utf8')) : 0;
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

interface Hanging {
  readonly command: ChildProcess;
  readonly kustomize: number;
}

async function startHanging(...args: readonly string[]): Promise<Hanging> {
  const all = [program, ...args, '--kustomize', hangingKustomize()];
  const variables = { PATH: env['PATH'] ?? '', HOME: bench.folder, ...inTemporary() };
  const command = spawn(execPath, all, { stdio: 'ignore', env: variables });
  await expect.poll(pidOfKustomize, { timeout: 60_000 }).toBeGreaterThan(0);
  return { command, kustomize: pidOfKustomize() };
}

function inTemporary(): Readonly<Record<string, string>> {
  return { TMPDIR: bench.path('tmp'), XDG_RUNTIME_DIR: bench.path('run') };
}

it('what a killed sealift build leaves behind, files and programs, goes at the next start; a running one keeps its own', async () => {
  const { command, kustomize } = await startHanging('build', bench.path('overlay'));
  const [own] = leftovers();
  expect(leftovers()).toHaveLength(1);
  expect(await bench.run(['build', bench.path('plain')], inTemporary())).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(leftovers()).toEqual([own]);
  expect(isRunning(kustomize)).toBe(true);

  command.kill('SIGKILL');
  await once(command, 'exit');
  expect(leftovers()).toEqual([own]);
  expect(await bench.run(['build', bench.path('plain')], inTemporary())).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(leftovers()).toEqual([]);
  await expect.poll(() => isRunning(kustomize)).toBe(false);
});

it('a sealift build that is told to stop takes its programs and files with it', async () => {
  const { command, kustomize } = await startHanging('build', bench.path('overlay'));
  command.kill('SIGTERM');
  await once(command, 'exit');
  expect(leftovers()).toEqual([]);
  await expect.poll(() => isRunning(kustomize)).toBe(false);
});

it('one that fails leaves nothing, and what others keep in the temporary directory stays', async () => {
  await bench.write('tmp/mine.txt', 'x');
  await bench.write('encrypted/a.yaml', secretYamlFile);
  const outcome = await bench.run(['build', bench.path('encrypted')], inTemporary());
  expect(outcome.code).toBe(1);
  expect(leftovers()).toEqual(['mine.txt']);
});

/** All that stands below a directory of the bench. */
function below(name: string): readonly string[] {
  return existsSync(bench.path(name))
    ? readdirSync(bench.path(name), { recursive: true, encoding: 'utf8' })
    : [];
}

it('what a killed agent leaves of a build goes at its next start, and nothing of it was delivered', async () => {
  const reference = `oci://${bench.host}/app:v1`;
  await bench.succeed('push', reference, '-f', bench.path('overlay'), '--source', 'x', '--revision', 'v1');
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'app', namespace: 'edge' },
    spec: { url: `oci://${bench.host}/app`, interval: '1h', ref: { tag: 'v1' } },
  };
  const delivery = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'app', namespace: 'edge' },
    spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' } },
  };
  await bench.write('site/all.yaml', [source, delivery].map((one) => JSON.stringify(one)).join('\n---\n'));
  const run = ['run', '--config', bench.path('site'), '--state-dir', bench.path('state')];
  const agent = [...run, '--target', `dir:${bench.path('out')}`];
  const { command, kustomize } = await startHanging(...agent);
  expect(below('state/builds').filter((path) => path.endsWith('/a.yaml'))).toHaveLength(1);
  command.kill('SIGKILL');
  await once(command, 'exit');
  expect(below('state/builds')).not.toEqual([]);

  const failing = await bench.write('failing', '#!/bin/sh\nexit 1\n');
  chmodSync(failing, 0o755);
  await bench.run([...agent, '--once', '--kustomize', failing], inTemporary());
  expect(below('state/builds')).toEqual([]);
  expect(below('out').filter((path) => path.endsWith('.yaml'))).toEqual([]);
  expect(leftovers()).toEqual([]);
  expect(below('run').filter((path) => path.includes('/'))).toEqual([]);
  await expect.poll(() => isRunning(kustomize)).toBe(false);
});
