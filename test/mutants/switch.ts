// Setup of each test file under `npm run test:mutants`: wakes mutants, or sees which tests come by which.
import { appendFileSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, type RunnerTask, type RunnerTestCase } from 'vitest';
import type { Plan, Seen, Told } from './plan.ts';

const plan: Plan = JSON.parse(readFileSync(String(process.env['SEALIFT_MUTANT_PLAN']), 'utf8'));
let awake = plan.awake;
/** By the test that is running, or by none. */
let passed = new Set<number>();

Object.assign(globalThis, {
  sealiftMutant(id: number): boolean {
    passed.add(id);
    return id === awake;
  },
});

function tell(told: Told): void {
  appendFileSync(plan.told, `${JSON.stringify(told)}\n`);
}

const { turns } = plan;
if (turns !== undefined) takeTurns(turns);
else if (awake === undefined) see();
else tellOf(awake);

function tellOf(mutant: number): void {
  beforeEach(() => tell({ kind: 'awake', mutant }));
}

function see(): void {
  const outside = passed;
  const tests: Seen['tests'][number][] = [];
  let began = 0;
  let file = '';
  beforeEach(({ task }) => {
    file = task.file.filepath;
    passed = new Set();
    began = performance.now();
  });
  afterEach(({ task }) => {
    tests.push({ id: task.id, ms: performance.now() - began, mutants: [...passed] });
    passed = outside;
  });
  afterAll(() => tell({ kind: 'seen', seen: { file, outside: [...outside], tests } }));
}

/** Each test is repeated, with another mutant awake each time. One that turns red is tried again with none: it has to be the mutant's doing. */
function takeTurns(turns: NonNullable<Plan['turns']>): void {
  const red = new Set<number>();
  let turn: readonly number[] = [];
  let before: RunnerTestCase | undefined;
  let at = -1;

  const conclude = (): void => {
    const [done, mutants] = [before, turn];
    before = undefined;
    for (const [index, mutant] of mutants.entries()) {
      const states = done?.result?.attempts?.filter((one) => one.repeatIndex === index) ?? [];
      if (states[0]?.state !== 'fail') continue;
      red.add(mutant);
      tell({ kind: states[1]?.state === 'pass' ? 'red' : 'unclear', mutant });
    }
  };

  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the parameter's text, and takes nothing else.
  beforeAll(({}, { file }) => {
    for (const line of readFileSync(plan.told, 'utf8').split('\n').filter(Boolean)) {
      const told: Told = JSON.parse(line);
      if (told.kind === 'red' || told.kind === 'unclear') red.add(told.mutant);
    }
    for (const test of testsIn(file.tasks)) {
      test.retry = 1;
      // Asked for when the test begins: by then it is known who is left.
      Object.defineProperty(test, 'repeats', {
        get() {
          conclude();
          before = test;
          turn = (turns[test.id] ?? []).filter((mutant) => !red.has(mutant));
          at = -1;
          return Math.max(0, turn.length - 1);
        },
      });
    }
  });
  beforeEach(({ task, skip }) => {
    skip(turn.length === 0);
    const next = task.result?.repeatCount ?? 0;
    awake = next === at ? undefined : turn[next];
    at = next;
    if (awake !== undefined) tell({ kind: 'awake', mutant: awake });
  });
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the parameter's text, and takes nothing else.
  afterAll(({}, { file }) => {
    conclude();
    tell({ kind: 'done', file: file.filepath });
  });
}

function testsIn(tasks: readonly RunnerTask[]): RunnerTestCase[] {
  return tasks.flatMap((task) => (task.type === 'suite' ? testsIn(task.tasks) : [task]));
}
