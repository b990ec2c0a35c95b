// Takes every check of `src/verify` out, one at a time, and runs the room's tests: `npm run test:mutants`, or `-- --only policy/verdict.ts`.
// A check that can go without a test turning red is printed, and so is its absence from `accepted-survivors.ts`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { acceptedSurvivors } from './accepted-survivors.ts';
import { findMutants, type Mutant } from './find-mutants.ts';

const root = path.resolve(import.meta.dirname, '../..');
const room = 'src/verify';
/** Of a run of the room's tests, which takes a few seconds: a mutant may make one endless. */
const limitMs = 120_000;
const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, workers: { type: 'string', default: '2' } },
});

interface Job extends Mutant {
  readonly file: string;
}

async function sources(): Promise<readonly string[]> {
  const files = await readdir(path.join(root, room), { recursive: true });
  return files.filter((file) => /\.ts$/.test(file) && !/\.test\.ts$|(^|\/)index\.ts$/.test(file)).sort();
}

async function jobs(): Promise<readonly Job[]> {
  const files = (await sources()).filter((file) => file.includes(values.only));
  const all = await Promise.all(
    files.map(async (file) => {
      const source = await readFile(path.join(root, room, file), 'utf8');
      return findMutants(source).map((mutant) => ({ ...mutant, file }));
    }),
  );
  return all.flat();
}

/** A copy of what the room's tests need, so that nobody meets a mutant in the tree itself. */
async function copyOfTree(): Promise<string> {
  const copy = await mkdtemp(path.join(tmpdir(), 'sealift-mutants-'));
  const names = ['src', 'test', 'policies', 'cmd', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
  for (const name of names.filter((each) => existsSync(path.join(root, each)))) {
    await cp(path.join(root, name), path.join(copy, name), { recursive: true, force: true });
  }
  await symlink(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

/** True when a test of that folder turned red, or the run had no end. */
function turnsRed(copy: string, folder: string): Promise<boolean> {
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const options = ['run', '--project', 'unit', `${folder}/`, '--bail', '1', '--reporter', 'dot'];
  const child = spawn(process.execPath, [vitest, ...options], {
    cwd: copy,
    stdio: 'ignore',
    timeout: limitMs,
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code !== 0));
  });
}

async function survives(copy: string, { file, from, to, replacement }: Job): Promise<boolean> {
  const target = path.join(copy, room, file);
  const original = await readFile(target);
  const mutated = Buffer.concat([
    original.subarray(0, from),
    Buffer.from(replacement),
    original.subarray(to),
  ]);
  await writeFile(target, mutated);
  try {
    // The tests beside the file see most mutants, in a part of the time.
    const beside = path.join(room, path.dirname(file));
    return !((await turnsRed(copy, beside)) || (await turnsRed(copy, room)));
  } finally {
    await writeFile(target, original);
  }
}

const waiting = [...(await jobs())];
const total = waiting.length;
const survivors: Job[] = [];

async function work(): Promise<void> {
  const copy = await copyOfTree();
  try {
    if (await turnsRed(copy, room)) throw new Error('the tests are red without a mutant');
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      if (await survives(copy, job)) {
        survivors.push(job);
        console.log(
          `${job.file}:${job.line}  ${job.original.replaceAll(/\s+/g, ' ')}  ->  ${job.replacement}`,
        );
      }
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

const isAccepted = ({ file, original, replacement }: Job): boolean =>
  acceptedSurvivors.some(
    (accepted) =>
      accepted.file === file && accepted.original === original && accepted.replacement === replacement,
  );

await Promise.all(Array.from({ length: Number(values.workers) }, work));
const unexplained = survivors.filter((survivor) => !isAccepted(survivor));
console.log(
  `${total} checks taken out, ${total - survivors.length} seen by a test, ${survivors.length - unexplained.length} explained, ${unexplained.length} not seen`,
);
if (unexplained.length > 0) process.exitCode = 1;
