import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ageKey,
  ageRecipient,
  binaryFile,
  clearValues,
  dotenvFile,
  secretYamlFile,
} from '../fixtures/sops-files.ts';
import { CommandBench } from './harness/command-bench.ts';

const otherKey = 'AGE-SECRET-KEY-1RH87A5Z54ZGUR9S0AS3R6WHFSEFNPLYMAKF5Z2CEU7R06VRJ0A3Q7242AM';
const secrets = [...clearValues, ageKey, otherKey];

/** Each secret as it might be written: in clear, in base64, in hexadecimal. */
const shapes = secrets.flatMap((secret) => [
  secret,
  Buffer.from(secret).toString('base64').replace(/.{4}$/, ''),
  Buffer.from(secret).toString('hex'),
]);

let bench: CommandBench;
beforeEach(async () => {
  bench = await CommandBench.start();
  await mkdir(bench.path('tmp'));
  await mkdir(bench.path('run'), { mode: 0o700 });
});
afterEach(() => bench.close());

interface Site {
  readonly tree: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly args?: readonly string[];
}

/** A pass of the agent over one artifact; answers with all that it printed and its exit code. */
async function deliver({
  tree,
  key,
  args = [],
}: Site): Promise<{ readonly code: number | null; readonly said: string }> {
  for (const [path, content] of Object.entries(tree)) await bench.write(`tree/${path}`, content);
  const reference = `oci://${bench.host}/app:v1`;
  await bench.succeed('push', reference, '-f', bench.path('tree'), '--source', 'x', '--revision', 'v1');
  const secretRef = key === undefined ? {} : { secretRef: { name: 'keys' } };
  const objects: unknown[] = [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: 'app', namespace: 'edge' },
      spec: { url: `oci://${bench.host}/app`, interval: '1m', ref: { tag: 'v1' } },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: 'edge' },
      spec: {
        interval: '1m',
        prune: true,
        sourceRef: { kind: 'OCIRepository', name: 'app' },
        decryption: { provider: 'sops', ...secretRef },
      },
    },
  ];
  if (key !== undefined) {
    const metadata = { name: 'keys', namespace: 'edge' };
    objects.push({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { 'site.agekey': key } });
  }
  await bench.write('site/all.yaml', objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  const places = ['--config', bench.path('site'), '--state-dir', bench.path('state')];
  const target = ['--target', `dir:${bench.path('out')}`, '--log-format', 'json', '--once'];
  const variables = { TMPDIR: bench.path('tmp'), XDG_RUNTIME_DIR: bench.path('run') };
  const { code, stdout, stderr } = await bench.run(['run', ...places, ...target, ...args], variables);
  const { stdout: told } = await bench.run(['status', '--state-dir', bench.path('state'), '-o', 'json']);
  const { stdout: events } = await bench.run(['events', '--state-dir', bench.path('state'), '-o', 'json']);
  return { code, said: stdout + stderr + told + events };
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

function expectNothingTold(said: string): void {
  const places = { said, state: everything('state'), tmp: everything('tmp'), run: everything('run') };
  for (const [place, text] of Object.entries(places)) {
    for (const shape of shapes) expect(text.includes(shape), `${shape} in ${place}`).toBe(false);
  }
  expect(readdirSync(bench.path('tmp'))).toEqual([]);
}

const filesYaml = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'files' },
  data: {
    'app.env': Buffer.from(dotenvFile).toString('base64'),
    blob: Buffer.from(binaryFile).toString('base64'),
  },
});

describe('the agent decrypts', () => {
  it('and shows what it decrypted nowhere but where it was to go', async () => {
    const { code, said } = await deliver({
      tree: { 'a.yaml': secretYamlFile, 'b.yaml': filesYaml },
      key: ageKey,
    });
    expect(said).toContain('delivery-applied');
    expect(code).toBe(0);
    expect(everything('out')).toContain('clear-password-4711');
    expectNothingTold(said);
  });

  it('with the key of the site, where a delivery names none', async () => {
    const file = await bench.write('keys/age.txt', `# site\n${ageKey}\n`);
    const { code, said } = await deliver({
      tree: { 'a.yaml': secretYamlFile },
      args: ['--sops-age-key-file', file],
    });
    expect(code).toBe(0);
    expect(everything('out')).toContain('clear-password-4711');
    expectNothingTold(said);
  });

  const front = secretYamlFile;
  it.each([
    { what: 'a wrong key', file: front, key: otherKey, code: 'DECRYPTION_KEY_MISSING', named: ageRecipient },
    {
      what: 'a key with a typing error',
      file: front,
      key: ageKey.slice(0, -1),
      code: 'CONFIG_INVALID',
      named: 'site.agekey:1',
    },
    {
      what: 'a changed file',
      file: front.replace('tier: front', 'tier: back'),
      key: ageKey,
      code: 'DECRYPTION_FAILED',
      named: 'a.yaml',
    },
    {
      what: 'a damaged file',
      file: front.replace('type:str', 'type:int'),
      key: ageKey,
      code: 'DECRYPTION_FAILED',
      named: 'a.yaml',
    },
  ])('and fails without a word too many: $what', async ({ file, key, code, named }) => {
    const outcome = await deliver({ tree: { 'a.yaml': file }, key });
    expect(outcome.code).not.toBe(0);
    expect(outcome.said).toContain(code);
    expect(outcome.said).toContain(named);
    expect(outcome.said).not.toContain(key.slice(16, 40));
    expectNothingTold(outcome.said);
  });
});
