import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stderr } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChildProcessExec } from '../../src/build/index.ts';
import { type Asked, BuildSite, type Files } from '../fixtures/build-site.ts';
import { findPeer } from '../peers/find.ts';

const recorded = join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors', 'flux-golden');
const missing = !existsSync(recorded);
if (missing) stderr.write(`skipped: no ${recorded}\n`);
const kustomize = findPeer('kustomize');
if (kustomize === undefined) stderr.write('skipped in part: no kustomize; build it with `npm run peers`\n');

/** The tree of one delivery of a scenario. */
function treeOf(scenario: string, path: string): Files {
  const root = join(recorded, scenario, 'input/tree', path);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Object.fromEntries(
    entries.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [relative(root, file), readFileSync(file)];
    }),
  );
}

const real: Asked = {
  exec: createChildProcessExec(),
  ...(kustomize === undefined ? {} : { kustomize }),
};

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => {
  expect(site.leftovers()).toEqual([]);
  site.close();
});

const config = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}`;

describe.skipIf(missing || kustomize === undefined)('an unknown field in kustomization.yaml', () => {
  it('surprise 3: was dropped by kustomize-controller, which then deleted everything, and is refused by file and line', async () => {
    const error = await site.failure(treeOf('06a-ks-errors', 'unknown-field'), real);
    expect(error).toMatchObject({ code: 'KUSTOMIZE_FAILED', subject: 'kustomization.yaml:3' });
    expect(error.message).toContain('unknown field "resourcez"');
  });

  it('is no empty build, and the annotation that allows one does not let it through', async () => {
    const annotations = { 'sealift.dev/allow-empty': 'true' };
    const error = await site.failure(treeOf('06a-ks-errors', 'unknown-field'), { ...real, annotations });
    expect(error.code).toBe('KUSTOMIZE_FAILED');
  });

  it('is refused in a base, inside a list', async () => {
    const error = await site.failure(
      {
        'kustomization.yaml': 'resources: [base]\n',
        'base/kustomization.yaml': 'resources: [a.yaml]\nimages:\n- name: x\n  newtag: "1"\n',
        'base/a.yaml': config('a'),
      },
      real,
    );
    expect(error.subject).toBe('base/kustomization.yaml:4');
  });
});

describe.skipIf(missing)('a build without objects', () => {
  it('surprise 3: was a success of kustomize-controller, and is refused by what was looked at', async () => {
    const error = await site.failure(treeOf('06a-ks-errors', 'empty'));
    expect(error.code).toBe('BUILD_EMPTY');
    expect(error.message).toContain('yields no objects: no YAML files there');
  });

  it.skipIf(kustomize === undefined)('is refused by the kustomization that leads to none', async () => {
    const tree = { 'sub/kustomization.yaml': 'resources: []\nnamePrefix: x-\n' };
    const error = await site.failure(tree, { ...real, spec: { path: 'sub' } });
    expect(error.code).toBe('BUILD_EMPTY');
    expect(error.message).toContain('yields no objects: sub/kustomization.yaml leads to none');
  });

  it('is allowed by an annotation of the delivery alone', async () => {
    const annotations = { 'sealift.dev/allow-empty': 'true' };
    expect((await site.build(treeOf('06a-ks-errors', 'empty'), { annotations })).objects).toEqual([]);
  });
});

describe.skipIf(missing)('an encrypted file left undecrypted', () => {
  const encrypted = (name: string): Files => treeOf('12-sops', name);

  it('surprise 1: was delivered as ciphertext, and is refused by file and line', async () => {
    const files = encrypted('age');
    const [file = ''] = Object.keys(files);
    const error = await site.failure(files);
    expect(error).toMatchObject({ code: 'OBJECT_ENCRYPTED', subject: `${file}:1 (document 1)` });
    expect(error.message).toContain('is encrypted with SOPS');
  });

  it.skipIf(kustomize === undefined)('is refused by file and line behind kustomize as well', async () => {
    const files = Object.entries(encrypted('age')).map(([path, content]) => [`base/${path}`, content]);
    const names = Object.keys(encrypted('age')).map((path) => `base/${path}`);
    const tree = { ...(Object.fromEntries(files) as Files), 'kustomization.yaml': `resources: [${names}]\n` };
    const error = await site.failure(tree, real);
    expect(error).toMatchObject({ code: 'OBJECT_ENCRYPTED', subject: `${names[0]}:1 (document 1)` });
  });

  it.skipIf(kustomize === undefined)('is refused by the generator that reads it', async () => {
    const files = { ...encrypted('envs') };
    const error = await site.failure(files, real);
    expect(error.code).toBe('OBJECT_ENCRYPTED');
    expect(error.message).toMatch(/kustomization\.yaml:\d+ \((ConfigMap|Secret)Generator\)/);
  });
});

describe.skipIf(missing)('a variable that would change the type of a value', () => {
  const spec = { postBuild: { substitute: { num: '3', list: '[1, 2]' } } };

  it.each([
    ['quoted-number', { number: '3', length: '5', in_text: 'n=3' }],
    ['unquoted', { n: '3' }],
  ])('failed in the dry run there, and is text where the API knows text alone: %s', async (path, data) => {
    const substitute = { num: '3', color: 'green' };
    const { objects } = await site.build(treeOf('09-build', path), { spec: { postBuild: { substitute } } });
    expect(objects).toMatchObject([{ data }]);
  });

  it.skipIf(kustomize === undefined)('does not change it behind kustomize either', async () => {
    const tree = {
      'kustomization.yaml': 'resources: [a.yaml]\n',
      'a.yaml': config('a', 'data:\n  n: "${num}"\n  l: "${list}"\n'),
    };
    const { objects } = await site.build(tree, { ...real, spec });
    expect(objects).toMatchObject([{ data: { n: '3', l: '[1, 2]' } }]);
  });

  it('is an error by file and line where what comes out is no YAML', async () => {
    const tree = {
      'a.yaml': 'apiVersion: a.example/v1\nkind: X\nmetadata: {name: a}\nspec:\n  v: ${broken}\n',
    };
    const broken = { postBuild: { substitute: { broken: '[1, 2' } } };
    const error = await site.failure(tree, { spec: broken });
    expect(error).toMatchObject({ code: 'SUBSTITUTION_FAILED', subject: 'X/a in a.yaml:1 (document 1)' });
    expect(error.message).toContain('/spec/v: is no YAML any more');
  });
});

describe.skipIf(missing)('an unknown field of a built-in kind', () => {
  it('surprise 4: was dropped by the API server without a word, and is refused by file and line', async () => {
    const error = await site.failure(treeOf('06a-ks-errors', 'unknown-api-field'));
    expect(error).toMatchObject({ code: 'OBJECT_INVALID', subject: 'all.yaml:1 (document 1)' });
    expect(error.message).toContain('unknown field "dataa" of a ConfigMap');
  });

  it.skipIf(kustomize === undefined)('is refused by file and line behind kustomize as well', async () => {
    const tree = {
      'kustomization.yaml': 'resources: [a.yaml]\nnamePrefix: p-\n',
      'a.yaml': `${config('a')}---\n# second\n${config('b', 'dataa: {}\n')}`,
    };
    expect((await site.failure(tree, real)).subject).toBe('a.yaml:7 (document 2)');
  });
});
