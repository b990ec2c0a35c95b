import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkPackages, root } from './house/link-packages.ts';

const { resolve } = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(path.join(root, 'src/oci-client-ts/package.json'), 'utf8'));
const readme = readFileSync(path.join(root, 'src/oci-client-ts/README.md'), 'utf8');

interface Example {
  readonly title: string;
  readonly code: string;
}

/** The JavaScript of each section of the README, in order. */
const examples: readonly Example[] = readme.split(/^## /m).flatMap((section) => {
  const title = section.slice(0, section.indexOf('\n'));
  return [...section.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => ({ title, code }));
});
const [server, ...clients] = examples;

/** What each example has to say, in the order of the README. */
const expected: Readonly<Record<string, RegExp>> = {
  'Push an artifact': /^pushed v1 as sha256:[0-9a-f]{64}\n$/,
  'Pull it': /^pulled 6 bytes of text\/plain\n$/,
  'Poll a tag': /^first resolved, then unchanged\n$/,
  'Attach and list referrers': /^found application\/vnd\.example\.note sha256:[0-9a-f]{64}\ntag v1\n$/,
  'Copy, with everything that refers to it': /^copied 4, skipped 0\n$/,
  'Read an image layout': /^v1: 1 layer of 6 bytes\n$/,
  Credentials: /^resolved application\/vnd\.oci\.image\.manifest\.v1\+json\n$/,
  Connections: /^resolved sha256:[0-9a-f]{64}\n$/,
  Errors: /^not-found 404 MANIFEST_UNKNOWN false\n$/,
};

/** The undici that npm takes for this package under each Node, at the version that the lockfile pins. */
const runtimes = [
  { title: 'Node 20', undici: path.dirname(resolve('undici7/package.json')), node: findNode(20) },
  { title: 'this Node', undici: path.dirname(resolve('undici/package.json')), node: process.execPath },
];

/** A node of that major version on $PATH. */
function findNode(major: number): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(path.isAbsolute);
  return folders
    .map((folder) => path.join(folder, 'node'))
    .filter((file) => isProgram(file))
    .find((file) => spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout.startsWith(`v${major}.`));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

let folder: string;
let tarball: string;

async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, HOME: cwd, npm_config_cache: path.join(folder, 'npm-cache') };
  const { stdout } = await promisify(execFile)(program, args, { cwd, env, timeout: 50_000 });
  return stdout;
}

/** Packs a copy of the tree: packing compiles, and for a moment points package.json elsewhere. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sealift-oci-client-'));
  const tree = path.join(folder, 'tree');
  const workspace = path.join(tree, 'src/oci-client-ts');
  for (const name of [
    'package.json',
    'tsconfig.json',
    'src/oci-client-ts',
    'scripts/oci-client-package.ts',
  ]) {
    await cp(path.join(root, name), path.join(tree, name), { recursive: true });
  }
  await linkPackages(tree);
  await run(workspace, 'npm', 'pack', '--pack-destination', folder);
  const after = await readFile(path.join(workspace, 'package.json'), 'utf8');
  expect(after, 'packing leaves package.json as it was').toBe(
    await readFile(path.join(root, 'src/oci-client-ts/package.json'), 'utf8'),
  );
  tarball = path.join(folder, `${manifest.name}-${manifest.version}.tgz`);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** An empty project with the tarball and one undici installed, from files alone. */
async function project(name: string, undici: string): Promise<string> {
  const home = path.join(folder, name);
  await mkdir(home);
  await writeFile(path.join(home, 'package.json'), '{"private":true}');
  await run(undici, 'npm', 'pack', '--ignore-scripts', '--pack-destination', home);
  const dependency = readdirSync(home).find((file) => file.startsWith('undici-')) ?? '';
  await run(home, 'npm', 'install', '--offline', '--no-audit', '--no-fund', `./${dependency}`, tarball);
  return home;
}

it('has an example for everything that is expected here', () => {
  expect(clients.map(({ title }) => title)).toEqual(Object.keys(expected));
});

describe.each(runtimes)('the package under $title', ({ title, undici, node }) => {
  let home: string;
  let registry: ChildProcess | undefined;
  let port: string;

  beforeAll(async () => {
    if (node === undefined) return;
    home = await project(title.replace(' ', '-'), undici);
    await writeFile(path.join(home, 'server.mjs'), server?.code.replace('5000', '0') ?? '');
    registry = spawn(node, ['server.mjs'], { cwd: home, stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: registry.stdout ?? process.stdin })) {
      port = /^serving .*:(\d+)$/.exec(line)?.[1] ?? '';
      break;
    }
  });

  afterAll(async () => {
    if (registry?.kill()) await once(registry, 'exit');
  });

  it.for(clients)('runs the example "$title"', async ({ title: name, code }, { skip }) => {
    if (node === undefined) return skip(`there is no ${title} on $PATH`);
    const file = `${name.replace(/\W+/g, '-')}.mjs`;
    await writeFile(path.join(home, file), code.replaceAll('localhost:5000', `127.0.0.1:${port}`));
    expect(await run(home, node, '--throw-deprecation', file)).toMatch(expected[name] ?? /^$/);
  });
});

describe('the tarball', () => {
  let files: readonly string[];

  beforeAll(async () => {
    const list = await run(folder, 'tar', '-tzf', tarball);
    files = list.split('\n').map((name) => name.replace(/^package\//, ''));
  });

  it('has code, declarations, licence and README, and neither sources nor tests', () => {
    expect(files).toEqual(
      expect.arrayContaining(['dist/index.js', 'dist/index.d.ts', 'LICENSE', 'README.md', 'package.json']),
    );
    expect(files.filter((name) => /(?<!\.d)\.ts$|\.test\./.test(name))).toEqual([]);
  });

  it('gives types to a strict project', async () => {
    const home = await project('typed', path.dirname(resolve('undici/package.json')));
    await mkdir(path.join(home, 'node_modules/@types'));
    for (const name of ['@types/node', 'undici-types']) {
      await symlink(path.join(root, 'node_modules', name), path.join(home, 'node_modules', name));
    }
    const use = [
      "import { type Descriptor, RemoteRepository, Transport } from 'oci-client-ts';",
      "const repository = new RemoteRepository({ host: 'example.org', repository: 'a', transport: new Transport() });",
      'export async function first(subject: Descriptor): Promise<Descriptor | undefined> {',
      '  for await (const referrer of repository.referrers(subject)) return referrer;',
      '  // @ts-expect-error a descriptor has no such field',
      '  return subject.nothing;',
      '}',
    ];
    await writeFile(path.join(home, 'use.mts'), use.join('\n'));
    const compiler = path.join(root, 'node_modules/.bin/tsc');
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    expect(await run(home, compiler, ...flags, 'use.mts')).toBe('');
  });
});
