// Prints what building costs, beside the real kustomize: `npm run peers -- kustomize && npm run bench:build`. Linux only: it reads /proc.
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findPeer } from '../peers/find.ts';
import { type Cost, runMeasured, runReporting } from './run-measured.ts';

const rounds = 9;
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

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
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

async function direct({ direct: place }: Subject): Promise<{ readonly ms: number; readonly peak: number }> {
  const costs: Cost[] = [];
  for (let round = 0; round < rounds; round += 1) {
    costs.push(await runMeasured({ file: kustomize, args: ['build', place], env: {}, quiet: true }));
  }
  return { ms: median(costs.map(({ wallMs }) => wallMs)), peak: Math.max(...costs.map((cost) => cost.peak)) };
}

async function printRow(subject: Subject, builds: string): Promise<void> {
  const program = path.join(import.meta.dirname, 'build-child.ts');
  const asked = { root: subject.root, path: subject.path, builds, kustomize, rounds };
  const ours = await runReporting({
    file: process.execPath,
    args: [program, JSON.stringify(asked)],
    env: {},
  });
  const theirs = await direct(subject);
  const { first = 0, wall = 0, cpu = 0, again = 0, grown = 0 } = ours;
  const { before = 0, beforeCpu = 0, after = 0, afterCpu = 0, least = 0, alone = 0, aloneCpu = 0 } = ours;
  const ms = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));
  const both = (time: number, spent: number): string => `${ms(time)} (${ms(spent)})`;
  const mebibytes = (value: number): string => (value / 2 ** 20).toFixed(0);
  const isPlain = subject.name.startsWith('plain');
  const cells = [
    subject.name,
    ms(first),
    isPlain ? both(wall, cpu) : ms(wall),
    isPlain ? '' : both(before, beforeCpu),
    isPlain ? '' : both(after, afterCpu),
    isPlain ? '' : ms(least),
    isPlain ? '' : both(alone, aloneCpu),
    ms(again),
    mebibytes(grown),
    ms(theirs.ms),
    mebibytes(theirs.peak),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

const folder = await mkdtemp(path.join(tmpdir(), 'sealift-bench-build-'));
try {
  console.log(
    '| tree | first build, ms | median, ms (CPU) | of it until kustomize starts, ms (CPU) | of it from its end on, ms (CPU) | both in the quickest round, ms | any program that prints as much, ms (CPU) | again, nothing changed, ms | agent grown by, MiB | kustomize build, ms | its peak, MiB |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  const plain = [await plainTree(folder, 10), await plainTree(folder, 100), await plainTree(folder, 1000)];
  for (const subject of [...plain, ...(await overlays(folder))])
    await printRow(subject, path.join(folder, 'builds'));
} finally {
  await rm(folder, { recursive: true, force: true });
}
