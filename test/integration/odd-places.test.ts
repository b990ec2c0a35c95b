import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Outcome, runProgram } from '../interop/harness/program.ts';
import { configMapYaml, type SiteBench, startSiteBench } from './harness/site-bench.ts';

const program = fileURLToPath(new URL('../../cmd/sealift/main.ts', import.meta.url));
const shippedRoot = fileURLToPath(new URL('../../policies/trust/public-good.json', import.meta.url));

let bench: SiteBench;
let tree: string;

beforeAll(async () => {
  bench = await startSiteBench();
  await bench.configure();
  await bench.push({ 'app.yaml': configMapYaml('app', 'one') }, { by: bench.trusted });
  tree = `${bench.directory}/tree`;
  await mkdir(tree);
});
afterAll(() => bench.close());

function sealift(...args: readonly string[]): Promise<Outcome> {
  return runProgram(execPath, [program, ...args], {
    env: { PATH: env['PATH'] ?? '', HOME: bench.directory, NO_COLOR: '1' },
  });
}

describe.skipIf(!existsSync('/proc/self'))('a place where nothing can be made', () => {
  const state = (): string => `${bench.directory}/odd-state`;
  it.each<[string, string, string, () => readonly string[]]>([
    [
      'the target',
      'TARGET_FAILED',
      'ConfigMap/shop/app cannot be written in directory /proc/foo (no directory can be made in /proc (ENOENT))',
      () => [
        'run',
        '--once',
        '--config',
        bench.configuration,
        '--state-dir',
        state(),
        '--target',
        'dir:/proc/foo',
      ],
    ],
    [
      'the state directory',
      'DISK_FAILED',
      '/proc/foo/bar: no directory can be made in /proc (ENOENT)',
      () => ['run', '--once', '--config', bench.configuration, '--state-dir', '/proc/foo/bar'],
    ],
    [
      'a layout that is pushed to',
      'DISK_FAILED',
      "oci-layout:/proc/foo:v1: ENOENT: no such file or directory, mkdir '/proc/foo'",
      () => ['push', 'oci-layout:/proc/foo:v1', '--path', tree, '--source', 'x', '--revision', 'y'],
    ],
    [
      'a layout that is served',
      'DISK_FAILED',
      "/proc/foo: ENOENT: no such file or directory, mkdir '/proc/foo'",
      () => ['serve', '/proc/foo'],
    ],
    [
      'a place for trusted roots',
      'DISK_FAILED',
      '/proc/foo/trust: no directory can be made in /proc (ENOENT)',
      () => ['trust', 'import', shippedRoot, '--name', 'a', '--state-dir', '/proc/foo'],
    ],
  ])('is said when it is %s', { timeout: 120_000 }, async (_what, code, text, args) => {
    const outcome = await sealift(...args());
    await rm(state(), { recursive: true, force: true });
    expect(outcome.stderr).toContain(`${text}\n  code: ${code}\n`);
    expect(outcome.code).toBe(1);
  });
});
