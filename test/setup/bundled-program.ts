import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

const build = join(import.meta.dirname, '../../scripts/build.ts');

let folder: string;

/** Bundles the command out of the present sources, for the tests that start it: from the sources a start takes ten times as long. */
export async function setup(project: TestProject): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'sealift-bundle-'));
  const bundle = (): Promise<unknown> => promisify(execFile)(execPath, [build, join(folder, 'bundle')]);
  await bundle();
  project.onTestsRerun(async () => void (await bundle()));
  // Not provided: what is started here is started by benchmarks as well.
  env['SEALIFT_TESTED_PROGRAM'] = join(folder, 'bundle/sealift.js');
  env['SEALIFT_COMPILED'] = join(folder, 'compiled');
}

export async function teardown(): Promise<void> {
  // What a killed test left running may still write what it compiled.
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}
