// Setup of each test file under `npm run test:mutants`: wakes one mutant, or sees which tests come by which mutants.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeEach } from 'vitest';
import type { Plan, Seen } from './plan.ts';

const plan: Plan = JSON.parse(readFileSync(String(process.env['SEALIFT_MUTANT_PLAN']), 'utf8'));
const began = performance.now();
const outside = new Set<number>();
const tests: { id: string; ms: number; mutants: number[] }[] = [];
let here = outside;
let file = '';

Object.assign(globalThis, {
  sealiftMutant(id: number): boolean {
    if (plan.seen !== undefined) here.add(id);
    return id === plan.awake;
  },
});

const chosen = plan.tests === undefined ? undefined : new Set(plan.tests);
let testBegan = began;
let outsideMs = 0;

beforeEach(({ task, skip }) => {
  if (chosen !== undefined) skip(!chosen.has(task.id));
  file = task.file.filepath;
  testBegan = performance.now();
  outsideMs ||= testBegan - began;
  here = new Set();
});

afterEach(({ task }) => {
  tests.push({ id: task.id, ms: performance.now() - testBegan, mutants: [...here] });
  here = outside;
});

afterAll(() => {
  if (plan.seen === undefined || file === '') return;
  const seen: Seen = { file, outside: [...outside], outsideMs, tests };
  writeFileSync(path.join(plan.seen, `${tests[0]?.id}.json`), JSON.stringify(seen));
});
