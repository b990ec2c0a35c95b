import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { CommandBench } from '../integration/harness/command-bench.ts';
import { findPeer } from '../peers/find.ts';

const vectors = join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors');
const recorded = join(vectors, 'flux-golden');
const controller = join(vectors, 'manifests/fluxcd-kustomize-controller/internal/controller/testdata/sops');
const missing = !existsSync(recorded) || !existsSync(controller);
if (missing) stderr.write(`skipped: no ${recorded} or ${controller}\n`);
const kustomize = findPeer('kustomize');
if (kustomize === undefined) stderr.write('skipped: no kustomize; build it with `npm run peers`\n');
const sops = findPeer('sops');
if (sops === undefined) stderr.write('skipped in part: no sops; build it with `npm run peers -- sops`\n');

type Json = Readonly<Record<string, unknown>>;

function documents(path: string): readonly Json[] {
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as Json);
}

/** A secret with each form in which it might be written somewhere. */
interface Told {
  readonly secret: string;
  readonly shapes: readonly RegExp[];
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');

function encodedShapes(text: string): readonly RegExp[] {
  const base64 = Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -1);
  const hex = Buffer.from(text).toString('hex');
  return [new RegExp(escaped(base64)), new RegExp(`${hex}(?![0-9a-f])`)];
}

/** A word that stands in messages as well is a secret where it is the value of the key that the vectors give it. */
function secretWord(word: string): Told {
  const asValue = new RegExp(`key\\\\?["']?\\s*[:=]\\s*\\\\?["']?${escaped(word)}\\b`);
  return { secret: word, shapes: [asValue, ...encodedShapes(word)] };
}

function secretText(text: string): Told {
  return { secret: text, shapes: [new RegExp(escaped(text)), ...encodedShapes(text)] };
}

/** Lines of the private keys, comments and armor left out. */
function keyLines(...names: string[]): readonly Told[] {
  return names
    .flatMap((name) => readFileSync(join(controller, 'keys', name), 'utf8').split('\n'))
    .filter((line) => line.length > 30 && !line.startsWith('#') && !line.startsWith('-'))
    .map(secretText);
}

let bench: CommandBench;
beforeEach(async () => {
  bench = await CommandBench.start();
  for (const name of ['tmp', 'run']) mkdirSync(bench.path(name), { mode: 0o700 });
});
afterEach(() => bench.close());

const variables = (): Readonly<Record<string, string>> => ({
  TMPDIR: bench.path('tmp'),
  XDG_RUNTIME_DIR: bench.path('run'),
});

function programs(): readonly string[] {
  return [
    ...(kustomize === undefined ? [] : ['--kustomize', kustomize]),
    ...(sops === undefined ? [] : ['--sops', sops]),
  ];
}

async function say(...args: string[]): Promise<string> {
  const { stdout, stderr: errors } = await bench.run(args, variables());
  return stdout + errors;
}

/** One pass of the agent; with all that is asked of it afterwards. */
async function pass(): Promise<string> {
  const state = ['--state-dir', bench.path('state')];
  const target = ['--target', `dir:${bench.path('out')}`, '--log-format', 'json', '--once'];
  const run = await say('run', '--config', bench.path('site'), ...state, ...target, ...programs());
  const asked = await Promise.all(
    ['status', 'events', 'history'].map((command) => say(command, ...state, '-o', 'json')),
  );
  return [run, ...asked].join('\n');
}

async function publish(tree: string): Promise<void> {
  const reference = `oci://${bench.host}/app:v1`;
  await bench.succeed('push', reference, '-f', tree, '--source', 'x', '--revision', 'v1');
}

async function configure(objects: readonly unknown[], namespace: string): Promise<void> {
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: 'app', namespace },
    spec: { url: `oci://${bench.host}/app`, interval: '1h', ref: { tag: 'v1' } },
  };
  const text = [source, ...objects].map((object) => JSON.stringify(object)).join('\n---\n');
  await bench.write('site/all.yaml', text);
}

/** All that stands on disk below a directory of the bench, and its names. */
function everything(name: string): string {
  const entries = readdirSync(bench.path(name), { recursive: true, withFileTypes: true });
  const texts = entries.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() ? `${path}\n${readFileSync(path, 'latin1')}` : path;
  });
  return texts.join('\n');
}

/** Another hand in the delivered files: the agent has to tell of it, and to repair it. */
function tamper(told: readonly Told[]): void {
  for (const entry of readdirSync(bench.path('out'), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile()) continue;
    const text = readFileSync(path, 'utf8');
    if (told.some(({ shapes }) => shapes.some((shape) => shape.test(text))))
      writeFileSync(path, text.replaceAll(/^( {2}\w+:) .*$/gm, '$1 changed'));
  }
}

function expectNothingTold(said: string, told: readonly Told[]): void {
  const places = { said, state: everything('state'), tmp: everything('tmp'), run: everything('run') };
  for (const [place, text] of Object.entries(places)) {
    for (const { secret, shapes } of told)
      for (const shape of shapes) expect(shape.test(text), `${secret} as ${shape} in ${place}`).toBe(false);
  }
  expect(readdirSync(bench.path('tmp'))).toEqual([]);
}

/** Delivers, has another hand change what was delivered, and delivers again. */
async function expectSecret(told: readonly Told[], delivered: readonly string[]): Promise<void> {
  const first = await pass();
  expect(first).toContain('delivery-applied');
  const out = everything('out');
  for (const text of delivered) expect(out).toContain(text);
  tamper(told);
  expect(everything('out')).not.toBe(out);
  const second = await pass();
  expect(everything('out')).toBe(out);
  expectNothingTold(first + second, told);
}

/** Nine commands, each a process, and each may be slow where others work as well. */
const patience = 600_000;

describe.skipIf(missing || kustomize === undefined)(
  'no secret of the vectors is told or kept in clear',
  () => {
    it(
      '12-sops: right keys, wrong ones and none',
      async () => {
        const input = join(recorded, '12-sops/input');
        await publish(join(input, 'tree'));
        const secrets = documents(join(input, 'secret.yaml'));
        await configure([...documents(join(input, 'kustomizations.yaml')), ...secrets], 'sops');
        const keys = secrets.flatMap(({ data }) => Object.values(data as Readonly<Record<string, string>>));
        const lines = keys.flatMap((key) => Buffer.from(key, 'base64').toString().split('\n'));
        const told = [
          ...lines.filter((line) => line.startsWith('AGE-SECRET-KEY-')).map(secretText),
          secretWord('value'),
          secretText('global-value'),
        ];
        expect(told).toHaveLength(4);
        await expectSecret(told, ['key: value', 'key: global-value', 'key: dmFsdWU=']);
      },
      patience,
    );

    it(
      '09-build: variables of a Secret, in builds that succeed and that fail',
      async () => {
        const input = join(recorded, '09-build/input');
        await publish(join(input, 'tree'));
        const values = documents(join(input, 'vars.yaml'));
        await configure([...documents(join(input, 'kustomizations.yaml')), ...values], 'build');
        await expectSecret([secretText('t-0000')], ['from_secret: t-0000']);
      },
      patience,
    );

    it(
      'kustomize-controller: every algorithm, generators, components, the key of the site',
      async () => {
        cpSync(controller, bench.path('tree'), {
          recursive: true,
          // One file is not encrypted, and the keys are no part of an artifact.
          filter: (path) => !/\/(keys|vault\.yaml)$/.test(path),
        });
        const resources = ['age', 'age-pq', ...(sops === undefined ? [] : ['pgp'])].map(
          (name) => `${name}.yaml`,
        );
        await bench.write(
          'tree/algorithms/kustomization.yaml',
          `namePrefix: algo-\nresources: [${resources}]\n`,
        );
        await publish(bench.path('tree'));
        const key = (name: string): string => readFileSync(join(controller, 'keys', name), 'utf8');
        const delivery = (name: string, secret: string) => ({
          apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
          kind: 'Kustomization',
          metadata: { name, namespace: 'sops' },
          spec: {
            interval: '1h',
            prune: true,
            path: name,
            targetNamespace: name,
            sourceRef: { kind: 'OCIRepository', name: 'app' },
            decryption: { provider: 'sops', secretRef: { name: secret } },
          },
        });
        const secretOf = (name: string, stringData: Json) => ({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name, namespace: 'sops' },
          stringData,
        });
        const all = { 'a.agekey': key('age.txt'), 'b.agekey': key('age-pq.txt'), 'c.asc': key('pgp.asc') };
        await configure(
          [
            delivery('algorithms', 'all'),
            delivery('envs', 'all'),
            delivery('component', 'all'),
            delivery('global', 'global'),
            secretOf('all', all),
            secretOf('global', { 'a.agekey': key('age-global.txt') }),
          ],
          'sops',
        );
        const told = [
          ...keyLines('age.txt', 'age-pq.txt', 'age-global.txt', 'pgp.asc'),
          secretWord('value'),
          secretText('global-value'),
        ];
        expect(told.length).toBeGreaterThan(10);
        await expectSecret(told, ['key: value', 'key: global-value', 'key: dmFsdWU=']);
      },
      patience,
    );
  },
);
