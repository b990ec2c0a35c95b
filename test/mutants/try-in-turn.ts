import type { Seen, Told } from './plan.ts';
import { type Run, runTests } from './run-tests.ts';

export interface Tried {
  /** Those that no test saw. */
  readonly left: ReadonlySet<number>;
  /** Those whose tests did not come to an end, or left something behind. */
  readonly unclear: ReadonlySet<number>;
}

/** Tries mutants in one process, which each test file is loaded into once; in another one where a mutant made it end. */
export async function tryInTurn(
  copy: string,
  seen: readonly Seen[],
  mutants: readonly number[],
): Promise<Tried> {
  const tried = { left: new Set(mutants), unclear: new Set<number>() };
  let waiting = seen;
  for (;;) {
    const turns = turnsOf(waiting, tried.left);
    waiting = waiting.filter(({ tests }) => tests.some(({ id }) => turns[id] !== undefined));
    if (waiting.length === 0) return tried;
    const { told, end } = await runTests(copy, { files: waiting.map(({ file }) => file), turns });
    const done = conclude(told, tried);
    waiting = waiting.filter(({ file }) => !done.has(file));
    if (waiting.length > 0) blameLast(told, end, tried);
  }
}

function turnsOf(seen: readonly Seen[], left: ReadonlySet<number>): Readonly<Record<string, number[]>> {
  const tests = seen.flatMap((one) => one.tests);
  const turns = tests.map(({ id, mutants }) => [id, mutants.filter((each) => left.has(each))] as const);
  return Object.fromEntries(turns.filter(([, by]) => by.length > 0));
}

interface Trying {
  readonly left: Set<number>;
  readonly unclear: Set<number>;
}

/** Gives the files that came to their end. */
function conclude(told: readonly Told[], { left, unclear }: Trying): ReadonlySet<string> {
  for (const one of told) {
    if (one.kind === 'red' || one.kind === 'unclear') left.delete(one.mutant);
    if (one.kind === 'unclear') unclear.add(one.mutant);
  }
  return new Set(told.flatMap((one) => (one.kind === 'done' ? [one.file] : [])));
}

/** Whoever was awake when it ended too early may have ended it; whoever was awake when it had no end has seen to that. */
function blameLast(told: readonly Told[], end: Run['end'], { left, unclear }: Trying): void {
  const last = told.findLast((one) => one.kind === 'awake')?.mutant;
  if (last === undefined) throw new Error('the tests cannot be run in turn');
  left.delete(last);
  if (end !== 'still') unclear.add(last);
}
