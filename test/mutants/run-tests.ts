import { spawn } from 'node:child_process';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plan, Told } from './plan.ts';

/** A run that tells nothing for so long has no end: a mutant may make a loop endless. Far more than any one test needs. */
const stillMs = 180_000;

export interface Run {
  readonly told: readonly Told[];
  /** How it ended; `still`: it was ended because nothing came any more. */
  readonly end: 'green' | 'red' | 'still';
}

/** Runs the tests in the copy of the tree, with the mutants that the plan names. */
export async function runTests(copy: string, given: Omit<Plan, 'told'>): Promise<Run> {
  const folder = await mkdtemp(path.join(copy, '..', 'run-'));
  const told = path.join(folder, 'told');
  const plan: Plan = { ...given, told };
  const planFile = path.join(folder, 'plan.json');
  await Promise.all([writeFile(planFile, JSON.stringify(plan)), writeFile(told, '')]);
  const end = await endOf(copy, planFile, plan);
  const lines = (await readFile(told, 'utf8')).split('\n').filter(Boolean);
  return { end, told: lines.map((line): Told => JSON.parse(line)) };
}

function endOf(copy: string, planFile: string, { awake, turns, told }: Plan): Promise<Run['end']> {
  const isSeeing = awake === undefined && turns === undefined;
  const options = ['run', '--config', 'test/mutants/vitest.config.ts', '--reporter', 'dot'];
  if (turns === undefined) options.push('--bail', '1');
  const child = spawn(process.execPath, [path.join(copy, 'node_modules/vitest/vitest.mjs'), ...options], {
    cwd: copy,
    stdio: ['ignore', 'ignore', isSeeing ? 'inherit' : 'ignore'],
    env: { ...process.env, SEALIFT_MUTANT_PLAN: planFile },
  });
  let isStill = false;
  let lastAt = Date.now();
  let lastSize = 0;
  const watch = setInterval(async () => {
    const { size } = await stat(told);
    if (size !== lastSize) [lastSize, lastAt] = [size, Date.now()];
    isStill = !isSeeing && Date.now() - lastAt > stillMs;
    if (isStill) child.kill('SIGKILL');
  }, 1000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(watch);
      resolve(isStill ? 'still' : code === 0 ? 'green' : 'red');
    });
  });
}
