// Prints what building costs, beside the real kustomize: `npm run peers -- kustomize && npm run bench:build`. Linux only: it reads /proc.
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findPeer } from '../peers/find.ts';
import { runReporting } from './run-measured.ts';

/** Of a build and two calls each; a machine differs from one to the next by more than what is looked for. */
const rounds = 25;
const vectors = path.join(import.meta.dirname, '../../../shared/vectors/manifests');
const kustomize = findPeer('kustomize') ?? '';
if (kustomize === '') throw new Error('no kustomize: build it with `npm run peers -- kustomize`');

interface Subject {
  readonly name: string;
  readonly root: string;
  /** Of the delivery, in the tree. */
  readonly path: string;
  /** What kustomize is given: a plain tree needs a kustomization that lists its files. */
  readonly direct: string;
}

async function plainTree(folder: string, objects: number): Promise<Subject> {
  const root = path.join(folder, `plain-${objects}`);
  const direct = path.join(folder, `listed-${objects}`);
  await mkdir(root);
  for (let number = 0; number < objects; number += 1) {
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c${number}\n  namespace: bench\ndata:\n  number: "${number}"\n`;
    await writeFile(path.join(root, `c${number}.yaml`), text);
  }
  await cp(root, direct, { recursive: true });
  const resources = Array.from({ length: objects }, (_, number) => `c${number}.yaml`);
  await writeFile(path.join(direct, 'kustomization.yaml'), JSON.stringify({ resources }));
  return { name: `plain, ${objects} objects`, root, path: './', direct };
}

/** Beside the builds, as an agent has its artifacts. */
async function overlays(folder: string): Promise<readonly Subject[]> {
  const trees = [
    ['microservices-demo', 'GoogleCloudPlatform-microservices-demo', 'kustomize'],
    ['Argo CD', 'argoproj-argo-cd', 'manifests/cluster-install'],
  ] as const;
  const found = trees.filter(([, source, below]) => existsSync(path.join(vectors, source, below)));
  return Promise.all(
    found.map(async ([name, source, below]) => {
      const root = path.join(folder, source);
      await cp(path.join(vectors, source), root, { recursive: true });
      return { name, root, path: below, direct: path.join(root, below) };
    }),
  );
}

function ms(value: number): string {
  return Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0);
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

async function printRow({ name, ...subject }: Subject, builds: string): Promise<void> {
  const program = path.join(import.meta.dirname, 'build-child.ts');
  const asked = { ...subject, builds, kustomize, rounds };
  const measured = await runReporting({
    file: process.execPath,
    args: [program, JSON.stringify(asked)],
    env: {},
  });
  const time = (what: string): string => ms(measured[what] ?? 0);
  const memory = (what: string): string => mebibytes(measured[what] ?? 0);
  const isPlain = name.startsWith('plain');
  const cells = [
    name,
    time('first'),
    `${time('wall')} (${time('cpu')})`,
    `${time('bare')} (${time('bareCpu')})`,
    `${time('over')} (${time('overLow')} to ${time('overHigh')})`,
    isPlain ? '' : time('overTuned'),
    isPlain ? '' : `${time('before')}, ${time('after')}`,
    time('again'),
    memory('grown'),
    `${isPlain ? '' : memory('peak')}, ${memory('barePeak')}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

const folder = await mkdtemp(path.join(tmpdir(), 'sealift-bench-build-'));
try {
  const titles = [
    'tree',
    'first build, ms',
    'build, ms (CPU)',
    'kustomize called directly, ms (CPU)',
    'beyond it, ms (half of the turns)',
    'beyond it with the same GOGC, ms',
    'before and after kustomize, ms',
    'again, nothing changed, ms',
    'agent grown by, MiB',
    'peak of kustomize here and called directly, MiB',
  ];
  console.log(`| ${titles.join(' | ')} |\n|${' --- |'.repeat(titles.length)}`);
  const plain = [await plainTree(folder, 10), await plainTree(folder, 100), await plainTree(folder, 1000)];
  for (const subject of [...plain, ...(await overlays(folder))])
    await printRow(subject, path.join(folder, 'builds'));
} finally {
  await rm(folder, { recursive: true, force: true });
}
