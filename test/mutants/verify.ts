// Takes every check of `src/verify` out, one at a time, and runs the tests that come by it: `npm run test:mutants`, or `-- --only policy/verdict.ts`.
// A check that can go without a test turning red is printed, and so is its absence from `accepted-survivors.ts`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { acceptedSurvivors } from './accepted-survivors.ts';
import { type Mutant, switchMutants } from './find-mutants.ts';
import type { Plan, Seen } from './plan.ts';

const root = path.resolve(import.meta.dirname, '../..');
const room = 'src/verify';
/** Of the tests that come by one mutant, which take seconds: it may make one endless. */
const limitMs = 300_000;
const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, workers: { type: 'string', default: '2' } },
});

interface Job extends Mutant {
  readonly file: string;
  readonly id: number;
}

/** A copy of what the tests need, so that nobody meets a mutant in the tree itself. */
async function copyOfTree(folder: string): Promise<string> {
  const copy = path.join(folder, 'project');
  const names = ['src', 'test', 'policies', 'cmd', 'package.json', 'tsconfig.json'];
  for (const name of names) {
    await cp(path.join(root, name), path.join(copy, name), { recursive: true, force: true });
  }
  await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  const shared = path.join(root, '../shared');
  if (existsSync(shared)) await symlink(shared, path.join(folder, 'shared'));
  return copy;
}

/** Puts all mutants into the copy, asleep. */
async function putMutants(copy: string): Promise<readonly Job[]> {
  const files = await readdir(path.join(copy, room), { recursive: true });
  const jobs: Job[] = [];
  for (const file of files.filter((each) => /(?<!\.test)\.ts$/.test(each)).sort()) {
    const target = path.join(copy, room, file);
    const { source, mutants } = switchMutants(await readFile(target, 'utf8'), jobs.length);
    await writeFile(target, source);
    for (const mutant of mutants) jobs.push({ ...mutant, file, id: jobs.length });
  }
  return jobs;
}

/** True when a test turned red, or the run had no end. */
async function turnsRed(copy: string, plan: Plan): Promise<boolean> {
  const folder = await mkdtemp(path.join(copy, '..', 'plan-'));
  const file = path.join(folder, 'plan.json');
  await writeFile(file, JSON.stringify(plan));
  const options = ['run', '--config', 'test/mutants/vitest.config.ts', '--bail', '1', '--reporter', 'dot'];
  const child = spawn(process.execPath, [path.join(root, 'node_modules/vitest/vitest.mjs'), ...options], {
    cwd: copy,
    stdio: plan.awake === undefined ? ['ignore', 'ignore', 'inherit'] : 'ignore',
    env: { ...process.env, SEALIFT_MUTANT_PLAN: file },
    ...(plan.awake === undefined ? {} : { timeout: limitMs, killSignal: 'SIGKILL' }),
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code !== 0));
  });
}

/** What each test file comes by, seen once. */
async function seeTests(copy: string): Promise<readonly Seen[]> {
  const seen = path.join(copy, '../seen');
  await mkdir(seen);
  if (await turnsRed(copy, { seen })) throw new Error('the tests are red without a mutant');
  const files = (await readdir(seen)).map((file) => readFile(path.join(seen, file), 'utf8'));
  return (await Promise.all(files)).map((text): Seen => JSON.parse(text));
}

/** The part of a test file that comes by a mutant, and what it costs. */
function partOf({ file, outside, outsideMs, tests }: Seen, id: number) {
  const by = outside.includes(id) ? tests : tests.filter(({ mutants }) => mutants.includes(id));
  return { file, tests: by.map((test) => test.id), ms: by.reduce((sum, test) => sum + test.ms, outsideMs) };
}

async function survives(copy: string, seen: readonly Seen[], awake: number): Promise<boolean> {
  const parts = seen.map((each) => partOf(each, awake)).filter(({ tests }) => tests.length > 0);
  if (parts.length === 0) return true;
  const files = parts.sort((a, b) => a.ms - b.ms).map(({ file }) => file);
  const tests = parts.flatMap((part) => part.tests);
  // Tests may lean on what those before them left behind: whole files have the last word.
  return !((await turnsRed(copy, { awake, files, tests })) || (await turnsRed(copy, { awake, files })));
}

const isAccepted = ({ file, original, replacement }: Job): boolean =>
  acceptedSurvivors.some(
    (accepted) =>
      accepted.file === file && accepted.original === original && accepted.replacement === replacement,
  );

async function findSurvivors(folder: string): Promise<{ total: number; survivors: readonly Job[] }> {
  const copy = await copyOfTree(folder);
  const waiting = (await putMutants(copy)).filter(({ file }) => file.includes(values.only));
  const seen = await seeTests(copy);
  const total = waiting.length;
  const survivors: Job[] = [];
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      if (!(await survives(copy, seen, job.id))) continue;
      survivors.push(job);
      const { file, line, original, replacement } = job;
      console.log(
        `${file}:${line}  ${original.replaceAll(/\s+/g, ' ')}  ->  ${replacement.replaceAll(/\s+/g, ' ')}`,
      );
    }
  };
  await Promise.all(Array.from({ length: Number(values.workers) }, work));
  return { total, survivors };
}

const folder = await mkdtemp(path.join(tmpdir(), 'sealift-mutants-'));
try {
  const { total, survivors } = await findSurvivors(folder);
  const unexplained = survivors.filter((survivor) => !isAccepted(survivor));
  const explained = survivors.length - unexplained.length;
  console.log(
    `${total} checks taken out, ${total - survivors.length} seen by a test, ${explained} explained, ${unexplained.length} not seen`,
  );
  if (unexplained.length > 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
