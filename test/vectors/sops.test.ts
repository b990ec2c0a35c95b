import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createChildProcessExec } from '../../src/build/index.ts';
import { type Asked, BuildSite, type Files } from '../fixtures/build-site.ts';
import { findPeer } from '../peers/find.ts';

const vectors = join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors');
const folder = join(vectors, 'manifests/fluxcd-kustomize-controller/internal/controller/testdata/sops');
const missing = !existsSync(folder);
if (missing) stderr.write(`skipped: no ${folder}\n`);

const kustomize = findPeer('kustomize');
if (kustomize === undefined) stderr.write('skipped in part: no kustomize; build it with `npm run peers`\n');
const sops = findPeer('sops');
if (sops === undefined) stderr.write('skipped in part: no sops; build it with `npm run peers -- sops`\n');

function read(path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}

function filesOf(...paths: string[]): Files {
  return Object.fromEntries(paths.map((path) => [path, read(path)]));
}

/** The Secret with the keys of these files, under the names that Flux asks for. */
function keySecret(...names: string[]): unknown {
  const keys = names.map((name) => [name.replace(/\.txt$/, '.agekey'), read(`keys/${name}`)] as const);
  const metadata = { name: 'keys', namespace: 'shop' };
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData: Object.fromEntries(keys) };
}

function asked(names: readonly string[], more: Asked = {}): Asked {
  return {
    exec: createChildProcessExec(),
    desired: [keySecret(...names)],
    ...more,
    ...(kustomize === undefined ? {} : { kustomize }),
    spec: { decryption: { provider: 'sops', secretRef: { name: 'keys' } }, ...more.spec },
  };
}

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => {
  expect(site.leftovers()).toEqual([]);
  site.close();
});

describe.skipIf(missing)('vectors of kustomize-controller', () => {
  it.each([
    ['X25519', 'algorithms/age.yaml', 'age.txt', 'value'],
    ['post-quantum hybrid', 'algorithms/age-pq.yaml', 'age-pq.txt', 'value'],
    ['another X25519', 'global/secret.yaml', 'age-global.txt', 'global-value'],
  ])('age, %s: decrypted in process, without any program', async (_what, path, key, value) => {
    const nothing = asked([key]);
    const files = { 'secret.yaml': read(path) };
    const { objects } = await site.build(files, { spec: nothing.spec ?? {}, desired: nothing.desired ?? [] });
    expect(objects).toMatchObject([{ kind: 'Secret', stringData: { key: value } }]);
    expect(objects[0]).not.toHaveProperty('sops');
  });

  it('a file of the site serves deliveries that name no Secret', async () => {
    const decryption = { ageKeyFile: join(folder, 'keys/age-global.txt') };
    const spec = { decryption: { provider: 'sops' } };
    const { objects } = await site.build({ 'secret.yaml': read('global/secret.yaml') }, { decryption, spec });
    expect(objects).toMatchObject([{ stringData: { key: 'global-value' } }]);
  });

  it('what is not encrypted passes', async () => {
    const { objects } = await site.build(filesOf('algorithms/vault.yaml'), asked(['age.txt']));
    expect(objects).toMatchObject([{ stringData: { key: 'value' } }]);
  });
});

describe.skipIf(missing || kustomize === undefined)('vectors that kustomize builds', () => {
  it('env files of generators are decrypted before the build', async () => {
    const files = filesOf('envs/kustomization.yaml', 'envs/env.env');
    const { objects } = await site.build(files, asked(['age.txt'], { spec: { path: 'envs' } }));
    expect(objects).toMatchObject([
      { kind: 'ConfigMap', data: { key: 'value' } },
      { kind: 'Secret', data: { key: Buffer.from('value').toString('base64') } },
    ]);
  });

  it('so are those of components that the delivery adds', async () => {
    const files = filesOf('component/kustomization.yaml', 'component/env.env', 'algorithms/vault.yaml');
    const spec = { path: 'algorithms', components: ['../component'] };
    const { objects } = await site.build(files, asked(['age.txt'], { spec }));
    expect(objects.map(({ metadata }) => metadata.name).sort()).toEqual(['component', 'vault']);
    expect(objects.find(({ metadata }) => metadata.name === 'component')).toMatchObject({
      data: { key: Buffer.from('value').toString('base64') },
    });
  });

  it('objects that kustomize renamed are decrypted, their files verified as they were written', async () => {
    const kustomization = 'namePrefix: algo-\nresources: [age.yaml, age-pq.yaml, vault.yaml]\n';
    const files = {
      ...filesOf('algorithms/age.yaml', 'algorithms/age-pq.yaml', 'algorithms/vault.yaml'),
      'algorithms/kustomization.yaml': kustomization,
    };
    const spec = { path: 'algorithms' };
    const { objects } = await site.build(files, asked(['age.txt', 'age-pq.txt'], { spec }));
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['algo-age', 'algo-age-pq', 'algo-vault']);
    for (const object of objects) expect(object).toMatchObject({ stringData: { key: 'value' } });
  });

  it.skipIf(sops === undefined)('OpenPGP by the real sops, beside age', async () => {
    const paths = ['kustomization', 'age', 'age-pq', 'pgp', 'vault'].map((name) => `algorithms/${name}.yaml`);
    const decryption = { ...(sops === undefined ? {} : { sops }) };
    const { objects } = await site.build(
      filesOf(...paths),
      asked(['age.txt', 'age-pq.txt', 'pgp.asc'], { decryption, spec: { path: 'algorithms' } }),
    );
    expect(objects).toHaveLength(4);
    for (const object of objects) expect(object).toMatchObject({ stringData: { key: 'value' } });
  });

  it('OpenPGP without the program is an error that says so', async () => {
    const error = await site.failure(filesOf('algorithms/pgp.yaml'), asked(['pgp.asc']));
    expect(error.code).toBe('SOPS_NOT_FOUND');
    expect(error.message).toContain('PGP 35C1A64CD7FC0AB6EB66756B2445463C3234ECE1');
  });
});

interface Delivered {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

const recorded = join(vectors, 'flux-golden/12-sops/input');

describe.skipIf(missing || kustomize === undefined)('the recording of kustomize-controller', () => {
  function delivery(name: string): Asked {
    const all = parseAllDocuments(readFileSync(join(recorded, 'kustomizations.yaml'), 'utf8'));
    const found = all.map((one) => one.toJS() as Delivered).find(({ metadata }) => metadata.name === name);
    const secrets = parseAllDocuments(readFileSync(join(recorded, 'secret.yaml'), 'utf8'));
    const desired = secrets.map((one) => {
      const secret = one.toJS() as { readonly metadata: object };
      return { ...secret, metadata: { ...secret.metadata, namespace: 'shop' } };
    });
    return { ...asked([]), spec: found?.spec ?? {}, desired };
  }

  function tree(): Files {
    const paths = readdirSync(join(recorded, 'tree'), { recursive: true, encoding: 'utf8' });
    const files = paths.filter((path) => /\.[a-z]+$/.test(path));
    return Object.fromEntries(files.map((path) => [path, readFileSync(join(recorded, 'tree', path))]));
  }

  it.each([
    ['right', [{ stringData: { key: 'value' } }]],
    ['global-right', [{ stringData: { key: 'global-value' } }]],
    ['envs', [{ data: { key: 'value' } }, { data: { key: 'dmFsdWU=' } }]],
  ])('%s is delivered in clear', async (name, objects) => {
    expect((await site.build(tree(), delivery(name))).objects).toMatchObject(objects);
  });

  it.each([
    [
      'wrong-key',
      'DECRYPTION_KEY_MISSING',
      'age age1l44xcng8dqj32nlv6d930qvvrny05hglzcv9qpc7kxjc6902ma4qufys29',
    ],
    ['secret-missing', 'OBJECT_NOT_FOUND', 'Secret/shop/absent'],
    ['none', 'OBJECT_ENCRYPTED', 'is encrypted with SOPS'],
    ['marked-data', 'OBJECT_ENCRYPTED', 'is encrypted with SOPS'],
    ['marked-stringdata', 'OBJECT_ENCRYPTED', 'is encrypted with SOPS'],
    ['global-none', 'OBJECT_ENCRYPTED', 'is encrypted with SOPS'],
  ])('%s is refused', async (name, code, message) => {
    const error = await site.failure(tree(), delivery(name));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});
