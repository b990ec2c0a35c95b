// Takes every check of `src/verify`, and of the rules below it, out, one at a time, and runs the tests that come by it: `npm run test:mutants`,
// or `-- --only policy/verdict.ts --only proof/` for some files.
// A check that can go without a test turning red is printed, and so is its absence from `accepted-survivors.ts`.
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { acceptedSurvivors } from './accepted-survivors.ts';
import { type Mutant, switchMutants } from './find-mutants.ts';
import type { Seen } from './plan.ts';
import { runTests } from './run-tests.ts';
import { tryInTurn } from './try-in-turn.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Where checks are taken out, by what their files are called here. */
const rooms = { '': 'src/verify', 'expression/': 'src/core/expression' };

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [''] },
    workers: { type: 'string', default: '2' },
  },
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
  const jobs: Job[] = [];
  for (const [name, room] of Object.entries(rooms)) {
    const files = await readdir(path.join(copy, room), { recursive: true });
    for (const file of files.filter((each) => /(?<!\.test)\.ts$/.test(each)).sort()) {
      const target = path.join(copy, room, file);
      const { source, mutants } = switchMutants(await readFile(target, 'utf8'), jobs.length);
      await writeFile(target, source);
      for (const mutant of mutants) jobs.push({ ...mutant, file: name + file, id: jobs.length });
    }
  }
  return jobs;
}

/** What each test file comes by, seen once. */
async function seeTests(copy: string): Promise<readonly Seen[]> {
  const { end, told } = await runTests(copy, {});
  if (end !== 'green') throw new Error('the tests are red without a mutant');
  const seen = told.flatMap((one) => (one.kind === 'seen' ? [one.seen] : []));
  // Cheap tests first: they are enough for most.
  const cost = ({ tests }: Seen): number => tests.reduce((sum, { ms }) => sum + ms, 0) / tests.length;
  return seen.sort((a, b) => cost(a) - cost(b));
}

async function survivesAlone(copy: string, seen: readonly Seen[], awake: number): Promise<boolean> {
  const by = ({ outside, tests }: Seen): boolean =>
    outside.includes(awake) || tests.some(({ mutants }) => mutants.includes(awake));
  const files = seen.filter(by).map(({ file }) => file);
  return files.length === 0 || (await runTests(copy, { awake, files })).end === 'green';
}

async function findSurvivors(
  copy: string,
  seen: readonly Seen[],
  jobs: readonly Job[],
): Promise<readonly Job[]> {
  const outside = new Set(seen.flatMap((one) => one.outside));
  const ids = jobs.map(({ id }) => id);
  const { left, unclear } = await tryInTurn(copy, seen, ids);
  const survivors = new Set(left);
  // In turn, a mutant sleeps while a file is loaded.
  for (const id of [...unclear, ...ids.filter((each) => left.has(each) && outside.has(each))]) {
    if (await survivesAlone(copy, seen, id)) survivors.add(id);
    else survivors.delete(id);
  }
  return jobs.filter(({ id }) => survivors.has(id));
}

const isAccepted = ({ file, original, replacement }: Job): boolean =>
  acceptedSurvivors.some(
    (accepted) =>
      accepted.file === file && accepted.original === original && accepted.replacement === replacement,
  );

const onOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

function report(jobs: readonly Job[], survivors: readonly Job[]): void {
  const unexplained = survivors.filter((survivor) => !isAccepted(survivor));
  for (const { file, line, original, replacement } of unexplained) {
    console.log(`${file}:${line}  ${onOneLine(original)}  ->  ${onOneLine(replacement)}`);
  }
  for (const folder of [...new Set(jobs.map(({ file }) => path.dirname(file))), '']) {
    const [all, left, open] = [jobs, survivors, unexplained].map(
      (some) => some.filter(({ file }) => file.startsWith(folder)).length,
    ) as [number, number, number];
    console.log(
      `${folder || 'all'}: ${all} checks taken out, ${all - left} seen by a test, ${left - open} explained, ${open} not seen`,
    );
  }
  if (unexplained.length > 0) process.exitCode = 1;
}

const folder = await mkdtemp(path.join(tmpdir(), 'sealift-mutants-'));
try {
  const copy = await copyOfTree(folder);
  const jobs = (await putMutants(copy)).filter(({ file }) => values.only.some((part) => file.includes(part)));
  const seen = await seeTests(copy);
  const workers = Number(values.workers);
  const parts = Array.from({ length: workers }, (_, at) => jobs.filter(({ id }) => id % workers === at));
  const survivors = (await Promise.all(parts.map((part) => findSurvivors(copy, seen, part)))).flat();
  report(jobs, survivors);
} finally {
  await rm(folder, { recursive: true, force: true });
}
