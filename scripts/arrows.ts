// Checks the arrows between the rooms: `node scripts/arrows.ts` in the root of the project.
import { glob, readFile } from 'node:fs/promises';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { configuration } from '../lint/arrows.ts';
import { folderCircles } from '../lint/folder-circles.ts';
import { visitUsingDeclarations } from '../lint/using-declarations.ts';

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

/** Imports as they stand in the text of a module that ships; a pattern that the parser has no part in. */
async function writtenImports(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  const found = text.matchAll(/^(?:import|export|\})[^'";`]*?\bfrom '([^']+)'|^import '([^']+)'/gm);
  return [...found].map(([, from, bare]) => from ?? bare ?? '').filter((name) => !name.startsWith('node:'));
}

/** A parser that reads nothing finds no fault, so what was not read is a fault. */
async function unread(files: string[], result: ICruiseResult): Promise<string[]> {
  const read = new Map(result.modules.map((module) => [module.source, module.dependencies]));
  const missing: string[] = [];
  for (const file of files) {
    const imports = new Set(read.get(file)?.map((dependency) => dependency.module));
    if (!read.has(file)) missing.push(file);
    else if (/^(src|cmd)\/.*(?<!\.test)\.ts$/.test(file)) {
      const written = await writtenImports(file);
      missing.push(...written.filter((name) => !imports.has(name)).map((name) => `${file} -> ${name}`));
    }
  }
  return missing;
}

/** What ships imports its neighbours one way: tests put together what they need. */
function circlesOfFolders({ modules }: ICruiseResult): ReturnType<typeof folderCircles> {
  const ships = (file: string): boolean => /^(src|cmd)\/.*(?<!\.test|-contract)\.ts$/.test(file);
  return folderCircles(
    modules
      .filter(({ source }) => ships(source))
      .flatMap(({ source, dependencies }) =>
        dependencies.map(({ resolved }) => ({ from: source, to: resolved })),
      )
      .filter(({ to }) => ships(to)),
  );
}

visitUsingDeclarations();
const files = await typescriptFiles();
const result = await cruiseTree(files);
const notes = new Map((configuration.forbidden ?? []).map((rule) => [rule.name, rule.comment]));
for (const { rule, from, to, cycle } of result.summary.violations) {
  const way = cycle === undefined ? to : cycle.map((step) => step.name).join(' -> ');
  console.error(`${rule.name}: ${from} -> ${way}\n  ${notes.get(rule.name) ?? ''}`);
}
const circles = circlesOfFolders(result);
for (const { way, imports } of circles) {
  const steps = imports.map(({ from, to }) => `\n  ${from} -> ${to}`).join('');
  console.error(`no-folder-circles: ${way.join(' -> ')}${steps}`);
}
const missing = await unread(files, result);
for (const file of missing) console.error(`not-read: ${file}`);
const faults = result.summary.violations.length + circles.length + missing.length;
console.log(
  `arrows: ${files.length} files, ${result.summary.totalDependenciesCruised} imports, ${faults} faults`,
);
if (faults > 0) process.exitCode = 1;
