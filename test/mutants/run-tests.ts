import { spawn } from 'node:child_process';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plan, Told } from './plan.ts';

/** Seconds of processor without a word: far more than any one test needs. A mutant may make a loop endless. */
const maxSilence = 30;

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
  let last = { size: 0, used: 0 };
  const watch = setInterval(async () => {
    const [{ size }, used] = await Promise.all([stat(told), secondsOf(child.pid)]);
    if (size !== last.size) last = { size, used };
    isStill = !isSeeing && used - last.used > maxSilence;
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

/** What a process has used of the processor; the time of day where the system does not tell. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function secondsOf(pid = 0): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return Date.now() / 1000;
  const [user, system] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) / 100;
}
