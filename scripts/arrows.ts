// Checks the arrows between the rooms: `node scripts/arrows.ts` in the root of the project.
import { glob } from 'node:fs/promises';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { configuration } from '../lint/arrows.ts';

const folders = ['src', 'cmd', 'test', 'scripts', 'examples'];

async function typescriptFiles(): Promise<string[]> {
  const found: string[] = [];
  const options = { exclude: (name: string) => /(^|\/)(node_modules|peers)$/.test(name) };
  for await (const file of glob(`{${folders.join(',')}}/**/*.ts`, options)) found.push(file);
  return found.sort();
}

async function cruiseTree(files: string[]): Promise<ICruiseResult> {
  const { options, forbidden = [] } = configuration;
  const { output } = await cruise(files, { ...options, validate: true, ruleSet: { forbidden } });
  if (typeof output === 'string')
    throw new Error(`expected a cruise result, got text: ${output.slice(0, 200)}`);
  return output;
}

/** A parser that reads nothing finds no fault: what was not read is a fault. */
function unread(files: string[], result: ICruiseResult): string[] {
  const read = new Set(result.modules.map((module) => module.source));
  const missing = files.filter((file) => !read.has(file));
  if (result.summary.totalDependenciesCruised === 0) missing.push('(not one import was found)');
  return missing;
}

const files = await typescriptFiles();
const result = await cruiseTree(files);
const notes = new Map((configuration.forbidden ?? []).map((rule) => [rule.name, rule.comment]));
for (const { rule, from, to, cycle } of result.summary.violations) {
  const way = cycle === undefined ? to : cycle.map((step) => step.name).join(' -> ');
  console.error(`${rule.name}: ${from} -> ${way}\n  ${notes.get(rule.name) ?? ''}`);
}
const missing = unread(files, result);
for (const file of missing) console.error(`not-read: ${file}`);
const faults = result.summary.violations.length + missing.length;
console.log(
  `arrows: ${files.length} files, ${result.summary.totalDependenciesCruised} imports, ${faults} faults`,
);
if (faults > 0) process.exitCode = 1;
