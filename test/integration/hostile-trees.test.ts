import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execPath, stderr } from 'node:process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sweepBuilds } from '../../src/build/index.ts';
import { findPeer } from '../peers/find.ts';
import { buildHostile, type HostileTree, type Refusal } from './hostile-build.ts';

const kustomize = findPeer('kustomize');
if (kustomize === undefined) stderr.write('skipped in part: no kustomize; build it with `npm run peers`\n');

const mebibyte = 1024 * 1024;
/** Of kustomize, small so that a test reaches it soon. */
const childMemory = 128 * mebibyte;
/** Generous: a process that compiles our sources takes 100 MiB before it builds, and the machine has others to serve. */
const bounds = { ms: 55_000, peak: 700 * mebibyte };

let site: string;
let tree: string;
let builds: string;
beforeEach(() => {
  site = mkdtempSync(join(tmpdir(), 'sealift-test-hostile-'));
  tree = join(site, 'tree');
  builds = join(site, 'builds');
  mkdirSync(tree);
});
afterEach(() => rmSync(site, { recursive: true, force: true }));

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), content);
}

function sparse(path: string, size: number): void {
  write(path, '');
  truncateSync(join(tree, path), size);
}

interface Report extends Refusal {
  readonly peak: number;
}

const script = join(import.meta.dirname, 'hostile-build-child.ts');

/** Any program that can be started stands for kustomize where it must not be reached. */
function asked(program = kustomize ?? execPath): HostileTree {
  return { root: tree, builds, kustomize: program, memoryBytes: childMemory };
}

async function buildMeasured(): Promise<Report> {
  const { stdout } = await promisify(execFile)(execPath, [script, JSON.stringify(asked())]);
  return JSON.parse(stdout) as Report;
}

function expectRefusal(report: Refusal, code: string, message: string): void {
  expect(report).toMatchObject({ code });
  expect(report.message).toContain(message);
  expect(report.message?.length).toBeLessThan(4000);
  expect(report.ms).toBeLessThan(bounds.ms);
  expect(existsSync(builds) ? readdirSync(builds) : []).toEqual([]);
}

const object = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n';
const kustomization = (text: string) => () => write('kustomization.yaml', text);
const plain = (content: string | Uint8Array) => () => write('a.yaml', content);
const plugin = (text: string) => () => {
  write('p.yaml', text);
  write('kustomization.yaml', 'generators: [p.yaml]\n');
};

type Row = readonly [what: string, make: () => void, code: string, message: string];

const fetching: readonly Row[] = (
  [
    'https://github.com/a/b//c?ref=v1',
    'git::ssh://git@host/a/b',
    'git@github.com:a/b.git',
    'github.com/a/b',
    'gh:a/b',
    'http://127.0.0.1:1/a.yaml',
    'file:///etc/passwd',
  ] as const
).map((url) => [
  `a remote base: ${url}`,
  kustomization(`resources: ["${url}"]\n`),
  'KUSTOMIZE_FAILED',
  `kustomization.yaml:1: resources: ${url} is remote`,
]);

const running: readonly Row[] = [
  [
    'a chart',
    kustomization('helmCharts: [{name: a, repo: "https://a.example"}]\n'),
    'KUSTOMIZE_FAILED',
    'kustomization.yaml:1: helmCharts is not supported',
  ],
  [
    'a plugin that runs a program',
    plugin('apiVersion: evil.example/v1\nkind: Exec\nmetadata: {name: a}\n'),
    'KUSTOMIZE_FAILED',
    'p.yaml:1',
  ],
  [
    'a function',
    plugin(
      'apiVersion: builtin\nkind: A\nmetadata:\n  name: a\n  annotations: {config.kubernetes.io/function: "exec: {path: /bin/sh}"}\n',
    ),
    'KUSTOMIZE_FAILED',
    'expected a builtin plugin, got a function',
  ],
  [
    'a chart generator among builtin plugins',
    plugin('apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: a}\n'),
    'KUSTOMIZE_FAILED',
    'charts are not rendered',
  ],
];

const leaving: readonly Row[] = [
  [
    'a path that leads out',
    kustomization('resources: [../../etc]\n'),
    'KUSTOMIZE_FAILED',
    'leads out of the artifact',
  ],
  ['an absolute path', kustomization('resources: [/etc]\n'), 'KUSTOMIZE_FAILED', 'leads out of the artifact'],
  [
    'a generator of a file elsewhere',
    kustomization('configMapGenerator: [{name: a, files: [k=/etc/passwd]}]\n'),
    'KUSTOMIZE_FAILED',
    'leads out of the artifact',
  ],
  [
    'a link',
    () => {
      symlinkSync('/etc/passwd', join(tree, 'passwd'));
      write('kustomization.yaml', 'configMapGenerator: [{name: a, files: [passwd]}]\n');
    },
    'KUSTOMIZE_FAILED',
    'is a link or a special file',
  ],
  [
    'a linked directory',
    () => {
      symlinkSync('/etc', join(tree, 'etc'));
      write('kustomization.yaml', 'configMapGenerator: [{name: a, files: [etc/passwd]}]\n');
    },
    'KUSTOMIZE_FAILED',
    'is a link or a special file',
  ],
  [
    'a FIFO',
    () => {
      execFileSync('mkfifo', [join(tree, 'pipe.yaml')]);
      write('kustomization.yaml', 'resources: [pipe.yaml]\n');
    },
    'KUSTOMIZE_FAILED',
    'is a link or a special file',
  ],
];

/** Each name stands for ten of the one before. */
const bomb = Array.from({ length: 10 }, (_, at) => {
  const before = at === 0 ? 'x' : `*a${at - 1}`;
  return `k${at}: &a${at} [${Array.from({ length: 10 }, () => before).join(', ')}]\n`;
}).join('');

const swelling: readonly Row[] = [
  [
    '1,000,000 documents',
    plain('a: 1\n---\n'.repeat(1_000_000)),
    'YAML_LIMIT_EXCEEDED',
    'at most 100000 documents',
  ],
  [
    '1,000,000 empty documents',
    plain('---\n'.repeat(1_000_000)),
    'YAML_LIMIT_EXCEEDED',
    'at most 100000 documents',
  ],
  [
    'deep nesting',
    plain(`${object}data: ${'['.repeat(100_000)}`),
    'YAML_LIMIT_EXCEEDED',
    'at most 100 maps and lists',
  ],
  ['an alias bomb', plain(object + bomb), 'YAML_LIMIT_EXCEEDED', 'a.yaml'],
  ['an alias bomb as its kustomization', kustomization(bomb), 'YAML_LIMIT_EXCEEDED', 'kustomization.yaml'],
  [
    'a kustomization of deep nesting',
    kustomization(`patches: ${'['.repeat(100_000)}`),
    'YAML_LIMIT_EXCEEDED',
    'at most 100 maps and lists',
  ],
  [
    '1,000,000 documents as its kustomization',
    kustomization('a: 1\n---\n'.repeat(1_000_000)),
    'YAML_LIMIT_EXCEEDED',
    'at most 100000 documents',
  ],
  [
    'a huge single line',
    plain(`${object}data: {a: ${'x'.repeat(34_000_000)}}`),
    'YAML_LIMIT_EXCEEDED',
    'at most 33554432 bytes',
  ],
  ['a sparse file of 2 GiB', () => sparse('a.yaml', 2 ** 31), 'YAML_LIMIT_EXCEEDED', 'got 2147483648'],
  ...['files: [big]', 'envs: [big]', 'files: [k=big]'].map(
    (field): Row => [
      `a generator of 2 GiB by ${field}`,
      () => {
        sparse('big', 2 ** 31);
        write('kustomization.yaml', `configMapGenerator: [{name: a, ${field}}]\n`);
      },
      'YAML_LIMIT_EXCEEDED',
      'big: expected at most 33554432 bytes, got 2147483648',
    ],
  ),
  [
    'a generator of many files that are large together',
    () => {
      for (const name of ['1', '2', '3']) sparse(name, 30_000_000);
      write('kustomization.yaml', 'configMapGenerator: [{name: a, files: ["1", "2", "3"]}]\n');
    },
    'YAML_LIMIT_EXCEEDED',
    'at most 67108864 bytes',
  ],
  [
    'literals of 33 MB',
    () =>
      write(
        'kustomization.yaml',
        `configMapGenerator: [{name: a, literals: ["k=${'x'.repeat(34_000_000)}"]}]\n`,
      ),
    'YAML_LIMIT_EXCEEDED',
    'at most 33554432 bytes',
  ],
  [
    '25,000 small files',
    () => {
      for (let at = 0; at < 25_000; at += 1) writeFileSync(join(tree, `${at}.yaml`), '');
    },
    'YAML_LIMIT_EXCEEDED',
    'at most 20000 files and directories',
  ],
];

const unreadable: readonly Row[] = [
  [
    'a binary file',
    plain(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x00])),
    'YAML_MALFORMED',
    'a.yaml',
  ],
  ['UTF-16', plain(Buffer.from(`\ufeff${object}`, 'utf16le')), 'YAML_MALFORMED', 'a.yaml: is not UTF-8'],
  ['NUL bytes', plain(`${object}data: {a: "\0"}\n`), 'YAML_MALFORMED', 'a.yaml:4: control character U+0000'],
];

describe('a tree is refused at once and leaves nothing behind: it has', () => {
  it.each([...fetching, ...running, ...leaving, ...unreadable])('%s', async (_what, make, code, message) => {
    make();
    expectRefusal(await buildHostile(asked()), code, message);
  });
});

describe('a tree is refused in bounded time and memory, and leaves nothing behind: it has', () => {
  it.each(swelling)('%s', async (_what, make, code, message) => {
    make();
    const report = await buildMeasured();
    expectRefusal(report, code, message);
    expect(report.peak).toBeLessThan(bounds.peak);
  });
});

function crowd(count: number, data = ''): string {
  return Array.from({ length: count }, (_, at) => `${object.replace('a}', `a${at}}`)}${data}`).join('---\n');
}

const grown = `at most ${childMemory} bytes of memory (--build-memory-limit)`;

const multiplying: readonly Row[] = [
  [
    'large objects, of which kustomize makes many more bytes',
    () => {
      write('a.yaml', crowd(300, `data: {k: ${'x'.repeat(100_000)}}\n`));
      write('kustomization.yaml', 'resources: [a.yaml]\nnamePrefix: x-\n');
    },
    'KUSTOMIZE_FAILED',
    grown,
  ],
  [
    'bases in a circle',
    () => {
      write('kustomization.yaml', 'resources: [b]\n');
      write('b/kustomization.yaml', 'resources: [../c]\n');
      write('c/kustomization.yaml', 'resources: [../b]\n');
    },
    'KUSTOMIZE_FAILED',
    'cycle',
  ],
  [
    'components in a circle',
    () => {
      const header = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n';
      write('kustomization.yaml', 'components: [b]\n');
      write('b/kustomization.yaml', `${header}components: [../c]\n`);
      write('c/kustomization.yaml', `${header}components: [../b]\n`);
    },
    'KUSTOMIZE_FAILED',
    'cycle',
  ],
  [
    '500,000 objects',
    () => {
      write('a.yaml', `${object}---\n`.repeat(500_000));
      write('kustomization.yaml', 'resources: [a.yaml]\n');
    },
    'KUSTOMIZE_FAILED',
    grown,
  ],
  [
    'an alias bomb',
    () => {
      write('a.yaml', object + bomb);
      write('kustomization.yaml', 'resources: [a.yaml]\n');
    },
    'KUSTOMIZE_FAILED',
    'kustomization.yaml',
  ],
  [
    'deep nesting',
    () => {
      write('a.yaml', `${object}data: ${'['.repeat(100_000)}`);
      write('kustomization.yaml', 'resources: [a.yaml]\n');
    },
    'KUSTOMIZE_FAILED',
    'kustomization.yaml',
  ],
  [
    'a binary file',
    () => {
      write('a.yaml', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x00]));
      write('kustomization.yaml', 'resources: [a.yaml]\n');
    },
    'KUSTOMIZE_FAILED',
    'kustomization.yaml',
  ],
  [
    'a patch that matches everything and multiplies',
    () => {
      write('a.yaml', crowd(300));
      const patch = `kind: ConfigMap\nmetadata: {name: x}\ndata: {k: ${'x'.repeat(500_000)}}\n`;
      write('p.yaml', `apiVersion: v1\n${patch}`);
      write('kustomization.yaml', 'resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: .*}}]\n');
    },
    'KUSTOMIZE_FAILED',
    grown,
  ],
  [
    'a replacement that matches everything and multiplies',
    () => {
      write(
        'a.yaml',
        `${crowd(300)}---\n${object.replace('a}', 'source}')}data: {k: ${'x'.repeat(500_000)}}\n`,
      );
      const targets = '[{select: {kind: ConfigMap}, fieldPaths: [data.k], options: {create: true}}]';
      const source = '{kind: ConfigMap, name: source, fieldPath: data.k}';
      write(
        'kustomization.yaml',
        `resources: [a.yaml]\nreplacements: [{source: ${source}, targets: ${targets}}]\n`,
      );
    },
    'KUSTOMIZE_FAILED',
    grown,
  ],
];

describe.skipIf(kustomize === undefined)('what only kustomize meets is cut short the same way:', () => {
  it.each(multiplying)('%s', async (_what, make, code, message) => {
    make();
    const report = await buildMeasured();
    expectRefusal(report, code, message);
    expect(report.peak).toBeLessThan(bounds.peak);
  });
});

/** As tools write them; larger than any of Argo CD. */
function definition(at: number): string {
  const field = (index: number): string =>
    `                field${index}:\n                  description: |-\n                    What the field holds, told at some length,\n                    in several lines.\n                  type: string\n`;
  const head = `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x${at}s.x.io}\n`;
  const fields = Array.from({ length: 10_000 }, (_, index) => field(index)).join('');
  return `${head}spec:\n  versions:\n    - name: v1\n      schema:\n        openAPIV3Schema:\n          properties:\n            spec:\n              properties:\n${fields}`;
}

it('but definitions of 12 MB are built, in the same bounds', async () => {
  const text = Array.from({ length: 7 }, (_, at) => definition(at)).join('---\n');
  expect(text.length).toBeGreaterThan(12_000_000);
  write('a.yaml', text);
  const report = await buildMeasured();
  expect(report).toMatchObject({ objects: 7 });
  expect(report.ms).toBeLessThan(bounds.ms);
  expect(report.peak).toBeLessThan(bounds.peak);
});

it('a file that grows while it is read is refused, or read as it was', async () => {
  write('a.yaml', object);
  const timer = setInterval(() => appendFileSync(join(tree, 'a.yaml'), '# more\n'.repeat(10_000)), 1);
  try {
    const report = await buildHostile(asked());
    expect(report.objects ?? report.code).toBeOneOf([1, 'DISK_FAILED', 'YAML_LIMIT_EXCEEDED']);
    expect(report.ms).toBeLessThan(bounds.ms);
  } finally {
    clearInterval(timer);
  }
});

/** A kustomize that never ends, and writes down who it is. */
function hangingKustomize(): string {
  const path = join(site, 'kustomize');
  writeFileSync(
    path,
    `#!${execPath}\nrequire('node:fs').writeFileSync('${site}/pid', String(process.pid));\nsetInterval(() => {}, 1000);\n`,
    {
      mode: 0o755,
    },
  );
  return path;
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

it('what a killed agent leaves behind, files and programs, is removed at the next start, and a running one keeps its own', async () => {
  write('kustomization.yaml', 'namePrefix: x-\n');
  const agent = spawn(execPath, [script, JSON.stringify(asked(hangingKustomize()))], { stdio: 'ignore' });
  const childPid = await expect
    .poll(() => (existsSync(join(site, 'pid')) ? Number(readFileSync(join(site, 'pid'), 'utf8')) : 0))
    .toBeGreaterThan(0)
    .then(() => Number(readFileSync(join(site, 'pid'), 'utf8')));
  await sweepBuilds(builds);
  expect(readdirSync(builds)).toHaveLength(1);
  expect(isRunning(childPid)).toBe(true);

  agent.kill('SIGKILL');
  await once(agent, 'exit');
  expect(readdirSync(builds)).toHaveLength(1);
  await sweepBuilds(builds);
  expect(readdirSync(builds)).toEqual([]);
  await expect.poll(() => isRunning(childPid)).toBe(false);
});
