import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { secretYamlFile } from '../fixtures/sops-files.ts';
import { CommandBench } from './harness/command-bench.ts';

const program = fileURLToPath(new URL('../../cmd/sealift/main.ts', import.meta.url));

let bench: CommandBench;
beforeEach(async () => {
  bench = await CommandBench.start();
  mkdirSync(bench.path('tmp'));
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

async function startHanging(): Promise<{ readonly command: ChildProcess; readonly kustomize: number }> {
  const args = [program, 'build', bench.path('overlay'), '--kustomize', hangingKustomize()];
  const variables = { PATH: env['PATH'] ?? '', HOME: bench.folder, TMPDIR: bench.path('tmp') };
  const command = spawn(execPath, args, { stdio: 'ignore', env: variables });
  await expect.poll(pidOfKustomize, { timeout: 60_000 }).toBeGreaterThan(0);
  return { command, kustomize: pidOfKustomize() };
}

const inTemporary = (): Readonly<Record<string, string>> => ({ TMPDIR: bench.path('tmp') });

it('what a killed sealift build leaves behind, files and programs, goes at the next start; a running one keeps its own', async () => {
  const { command, kustomize } = await startHanging();
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
  const { command, kustomize } = await startHanging();
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
