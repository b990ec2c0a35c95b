import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyTree, type Outcome, type TreeCopy } from './house/tree-copy.ts';

const lint = ['lint', '--colors=off', '--error-on-warnings', '--max-diagnostics=none'] as const;

let tree: TreeCopy;

beforeAll(async () => {
  tree = await copyTree();
});

afterAll(() => tree.remove());

describe('the tree as it is', () => {
  it.each([
    ['lint', 'biome', [...lint, '.']],
    ['types', 'tsc', ['--noEmit']],
    ['arrows', 'node', ['scripts/arrows.ts']],
    ['nothing unused', 'knip', ['--no-config-hints']],
  ])('passes: %s', (_guard, command, args) => {
    const { status, text } = tree.run(command, ...args);
    expect(text.slice(-4000)).toBe(status === 0 ? text.slice(-4000) : 'no fault');
    expect(status).toBe(0);
  });
});

describe('lint', () => {
  const lines = (count: number): string => 'f();\n'.repeat(count);
  const plain = {
    'Date.now': ['export const x = Date.now();', 'noJsRestrictedProperties'],
    'Date.now, destructured': ['export const { now } = Date;', 'noJsRestrictedProperties'],
    'new Date without an argument': ['export const x = new Date();', 'plugin'],
    'Date called as a function': ['export const x = Date();', 'plugin'],
    performance: ['export const x = performance.now();', 'noRestrictedGlobals'],
    'Math.random': ['export const x = Math.random();', 'noJsRestrictedProperties'],
    'crypto.randomUUID': ['export const x = crypto.randomUUID();', 'noJsRestrictedProperties'],
    randomBytes: [
      "import { randomBytes } from 'node:crypto';\nexport const x = randomBytes(1);",
      'noRestrictedImports',
    ],
    setTimeout: ['setTimeout(() => {}, 1);', 'noRestrictedGlobals'],
    'AbortSignal.timeout': ['export const x = AbortSignal.timeout(1);', 'noJsRestrictedProperties'],
    'the global fetch': ["export const x = () => fetch('http://localhost');", 'noRestrictedGlobals'],
    globalThis: ["export const x = () => globalThis['fetch'];", 'noRestrictedGlobals'],
    process: ['export const x = process.env;', 'noRestrictedGlobals'],
    'node:process': ["export { env } from 'node:process';", 'noRestrictedImports'],
    'node:fs': ["export { readFileSync } from 'node:fs';", 'noRestrictedImports'],
    'node:fs/promises': ["export { readFile } from 'node:fs/promises';", 'noRestrictedImports'],
    'node:net': ["export { connect } from 'node:net';", 'noRestrictedImports'],
    'node:http': ["export { get } from 'node:http';", 'noRestrictedImports'],
    'node:child_process': ["export { spawn } from 'node:child_process';", 'noRestrictedImports'],
    'node:sqlite': ["export { DatabaseSync } from 'node:sqlite';", 'noRestrictedImports'],
    'node:timers/promises': ["export { setTimeout } from 'node:timers/promises';", 'noRestrictedImports'],
  } as const;
  const anywhere = {
    'a floating promise': ['async function f() {}\nexport function g() {\n  f();\n}', 'noFloatingPromises'],
    'a floating promise of a port': [
      "import type { Clock } from '../../core/index.ts';\nexport function g(clock: Clock, signal: AbortSignal) {\n  clock.sleep(1, signal);\n}",
      'noFloatingPromises',
    ],
    'a promise as a condition': [
      'async function f() {}\nexport const g = () => (f() ? 1 : 2);',
      'noMisusedPromises',
    ],
    'a promise where none is awaited': [
      '[1].forEach(async () => {\n  await Promise.resolve();\n});',
      'noMisusedPromises',
    ],
    'a switch that forgets a case': [
      "export function f(x: 'a' | 'b') {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n}",
      'useExhaustiveSwitchCases',
    ],
    'a switch that forgets a kind of a union': [
      "import type { Observation } from '../../core/index.ts';\nexport function f(x: Observation) {\n  switch (x.kind) {\n    case 'absent':\n      return 1;\n  }\n}",
      'useExhaustiveSwitchCases',
    ],
    'a default export': ['export default 1;', 'noDefaultExport'],
    'export *': ["export * from '../../core/index.ts';", 'noReExportAll'],
    'an enum': ['export enum E {\n  A,\n}', 'noEnum'],
    'a namespace': ['export namespace N {\n  export const a = 1;\n}', 'noNamespace'],
    'a parameter property': [
      'export class C {\n  constructor(readonly a: number) {}\n}',
      'noParameterProperties',
    ],
    any: ['export const x: any = 1;', 'noExplicitAny'],
    'a value for a type import': [
      "import { Clock } from '../../core/index.ts';\nexport type X = Clock;",
      'useImportType',
    ],
    console: ["console.log('x');", 'noConsole'],
    'five parameters': [
      'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1) => [a, b, c, d, e];',
      'useMaxParams',
    ],
    'a function of more than 50 lines': [
      `declare function f(): void;\nexport function g() {\n${lines(51)}}`,
      'noExcessiveLinesPerFunction',
    ],
    'a file of more than 400 lines': [
      `declare function f(): void;\n${lines(400)}`,
      'noExcessiveLinesPerFile',
    ],
    'too many branches': [
      `export function f(x: number) {\n${'  if (x > 1 && x < 9) x++;\n'.repeat(6)}  return x;\n}`,
      'noExcessiveCognitiveComplexity',
    ],
    'blocks four deep': [
      'export function f(x: number) {\n  if (x) {\n    while (x) {\n      if (x > 1) {\n        if (x > 2) return;\n      }\n    }\n  }\n}',
      'noExcessiveNestedBlocks',
    ],
    'callbacks four deep': [
      'declare function f(g: () => void): void;\nf(() => f(() => f(() => f(() => {}))));',
      'noExcessiveNestedCallbacks',
    ],
  } as const;
  const inTests = {
    'vi.mock': ["import { vi } from 'vitest';\nvi.mock('./x.ts');", 'noJsRestrictedProperties'],
    'vi.spyOn': ["import { vi } from 'vitest';\nvi.spyOn(Math, 'max');", 'noJsRestrictedProperties'],
    'it.only': ["import { it } from 'vitest';\nit.only('x', () => {});", 'noFocusedTests'],
  } as const;
  const rows = (table: Readonly<Record<string, readonly [string, string]>>, file: (row: number) => string) =>
    Object.entries(table).map(([what, [text, rule]], row) => [what, rule, file(row), `${text}\n`] as const);
  const planted = [
    ...rows(plain, (row) => `src/planted/plain-${row}.ts`),
    ...rows(anywhere, (row) => `src/planted/adapters/any-${row}.ts`),
    ...rows(inTests, (row) => `src/planted/mocks-${row}.test.ts`),
  ];
  const allowed = rows(plain, (row) => `src/planted/adapters/plain-${row}.ts`);
  const found = new Set<string>();

  beforeAll(async () => {
    await tree.plant(Object.fromEntries([...planted, ...allowed].map(([, , file, text]) => [file, text])));
    const { text } = tree.run('biome', ...lint, 'src/planted');
    for (const [, file, rule] of text.matchAll(/^(src\/\S+?):\d+:\d+ (?:lint\/\w+\/)?(\w+)/gm)) {
      found.add(`${file} ${rule}`);
    }
    // Biome gives no line number for a file that is too long.
    for (const [, file, rule] of text.matchAll(/^(src\/\S+?) lint\/\w+\/(\w+)/gm))
      found.add(`${file} ${rule}`);
  });

  it.each(planted)('refuses %s', (_what, rule, file) => {
    expect([...found]).toContain(`${file} ${rule}`);
  });

  it.each(allowed)('lets adapters use %s', (_what, rule, file) => {
    expect([...found]).not.toContain(`${file} ${rule}`);
  });
});

describe('arrows', () => {
  const planted = [
    ['core knows no room', 'arrow-core', 'src/core/planted.ts', "import '../api/index.ts';"],
    [
      'the OCI client knows no room',
      'arrow-oci-client-ts',
      'src/oci-client-ts/planted.ts',
      "import '../core/index.ts';",
    ],
    ['the kinds know no stage', 'arrow-api', 'src/api/planted.ts', "import '../source/index.ts';"],
    ['a stage knows no other stage', 'arrow-apply', 'src/apply/planted.ts', "import '../source/index.ts';"],
    [
      'not even its types',
      'arrow-verify',
      'src/verify/planted.ts',
      "export type * from '../source/index.ts';",
    ],
    [
      'a stage does not know the engine',
      'arrow-build',
      'src/build/planted.ts',
      "import '../agent/index.ts';",
    ],
    [
      'the engine knows no adapter room',
      'arrow-agent',
      'src/agent/planted.ts',
      "import '../target/index.ts';",
    ],
    ['a new room needs a row', 'unknown-room', 'src/novel/planted.ts', "import '../core/index.ts';"],
    ['rooms have one door', 'one-door', 'src/source/planted.ts', "import '../core/errors.ts';"],
    [
      'commands use the door too',
      'one-door-for-commands',
      'cmd/sealift/planted.ts',
      "import '../../src/core/errors.ts';",
    ],
    [
      'the client comes by its name',
      'client-by-package-name',
      'src/source/planted-2.ts',
      "import '../oci-client-ts/index.ts';",
    ],
    [
      'the kinds borrow types only',
      'types-only',
      'src/api/planted-2.ts',
      "export { OciError } from 'oci-client-ts';",
    ],
    [
      'a plain file uses no adapter',
      'plain-files-decide',
      'src/apply/planted-2.ts',
      "import './adapters/planted.ts';",
    ],
    [
      'what ships imports no test',
      'nothing-below-the-floor',
      'src/apply/planted-3.ts',
      "import '../../test/setup/no-network.ts';",
    ],
    [
      'no room knows the commands',
      'nothing-above',
      'src/apply/planted-4.ts',
      "import '../../cmd/sealift/planted.ts';",
    ],
    ['two files do not need each other', 'no-cycles', 'src/apply/planted-5.ts', "import './planted-6.ts';"],
    ['an import leads somewhere', 'resolvable', 'src/apply/planted-7.ts', "import './nowhere.ts';"],
    [
      'what ships needs no development package',
      'declared-and-shipped',
      'src/apply/planted-8.ts',
      "import 'fast-check';",
    ],
    ['undici has one home', 'home-of-undici', 'src/oci-client-ts/planted-2.ts', "import 'undici';"],
    ['commander has one home', 'home-of-commander', 'src/site/planted.ts', "import 'commander';"],
    [
      'not even where a value is disposed of',
      'arrow-apply',
      'src/apply/planted-9.ts',
      "export async function f() {\n  await using x = await import('../source/index.ts');\n}",
    ],
    ['pino has one home', 'home-of-pino', 'src/observe/planted.ts', "import 'pino';"],
  ] as const;
  let outcome: Outcome;

  beforeAll(async () => {
    await tree.plant({
      ...Object.fromEntries(planted.map(([, , file, text]) => [file, `${text}\n`])),
      'src/apply/adapters/planted.ts': 'export const x = 1;\n',
      'src/apply/planted-6.ts': "import './planted-5.ts';\n",
      'src/apply/planted-a/one.ts': "import '../planted-b/one.ts';\n",
      'src/apply/planted-b/one.ts': 'export const x = 1;\n',
      'src/apply/planted-b/two.ts': "export type { X } from '../planted-a/two.ts';\n",
      'src/apply/planted-a/two.ts': 'export interface X {}\n',
    });
    outcome = tree.run('node', 'scripts/arrows.ts');
  });

  it('fails when a planted arrow is wrong', () => expect(outcome.status).toBe(1));

  it.each(planted)('%s', (_what, rule, file) => {
    expect(outcome.text).toContain(`${rule}: ${file} -> `);
  });

  it('two folders do not need each other, not even by different files and by types', () => {
    expect(outcome.text).toContain(
      [
        'no-folder-circles: src/apply/planted-a -> src/apply/planted-b -> src/apply/planted-a',
        '  src/apply/planted-a/one.ts -> src/apply/planted-b/one.ts',
        '  src/apply/planted-b/two.ts -> src/apply/planted-a/two.ts',
      ].join('\n'),
    );
  });

  it('fails when its parser does not read everything, instead of finding no fault', async () => {
    const parser = tree.run('sed', '-i', "s/parser: 'swc'/parser: 'tsc'/", 'lint/arrows.ts');
    expect(parser.status).toBe(0);
    const { status, text } = tree.run('node', 'scripts/arrows.ts');
    expect(status).toBe(1);
    expect(text).toMatch(/^not-read: src\/api\/index\.ts -> /m);
  });
});

describe('nothing unused', () => {
  it('refuses an export that nobody imports, a file that nobody needs, a package that nobody uses', async () => {
    await tree.plant({
      'src/core/clock.ts':
        'export interface Clock {}\nexport interface Random {}\nexport const plantedExport = 1;\n',
      'src/core/planted-orphan.ts': 'export const x = 1;\n',
    });
    tree.run('sed', '-i', 's/"dependencies": {/"dependencies": { "left-pad": "1.3.0",/', 'package.json');
    const { status, text } = tree.run('knip', '--no-config-hints');
    expect(status).toBe(1);
    expect(text).toMatch(/plantedExport\s+src\/core\/clock\.ts/);
    expect(text).toMatch(/^src\/core\/planted-orphan\.ts/m);
    expect(text).toMatch(/left-pad\s+package\.json/);
  });
});

describe('unit tests', () => {
  it('fail when they open a socket or start a process, even if the error is swallowed', async () => {
    await tree.plant({
      'src/core/planted.test.ts': `
        import { spawn, spawnSync } from 'node:child_process';
        import { createServer } from 'node:http';
        import { connect } from 'node:net';
        import { it } from 'vitest';
        it('connects', () => { try { connect(80); } catch {} });
        it('fetches', async () => { await fetch('http://127.0.0.1:8080').catch(() => {}); });
        it('listens', () => { try { createServer().listen(0); } catch {} });
        it('spawns', () => { try { spawn('true'); } catch {} });
        it('spawns and waits', () => { try { spawnSync('true'); } catch {} });
        it('does none of these', () => {});
      `,
    });
    const { status, text } = tree.run('vitest', 'run', '--project', 'unit', 'src/core/planted.test.ts');
    expect(status).toBe(1);
    expect(text).toMatch(/Tests +5 failed \| 1 passed/);
  });
});
