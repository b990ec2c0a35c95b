import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite, FakeExec, type Files, failed, printed } from '../../../test/fixtures/build-site.ts';
import { sweepBuilds } from '../index.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

const object = 'apiVersion: v1\nkind: X\nmetadata:\n  name: a\n';
const base = { 'a.yaml': object, 'kustomization.yaml': 'resources: [a.yaml]\n' };

/** The kustomization that kustomize gets to see. */
async function generated(files: Files, spec: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  const exec = new FakeExec(object);
  await site.build(files, { exec, spec });
  return exec.kustomizations[0];
}

const header = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };

describe('the kustomization that is built', () => {
  it('is the one that is there, under its own name', async () => {
    for (const name of ['kustomization.yaml', 'kustomization.yml', 'Kustomization']) {
      const exec = new FakeExec(object);
      await site.build(
        { [`${name}.d/${name}`]: 'resources: [a.yaml]\nnamePrefix: x-\n', [`${name}.d/a.yaml`]: object },
        { exec, spec: { path: `${name}.d` } },
      );
      expect(exec.kustomizations).toEqual([{ ...header, resources: ['a.yaml'], namePrefix: 'x-' }]);
    }
  });

  it('may be followed by empty documents, as kustomize takes it', async () => {
    const files = { 'kustomization.yaml': 'resources: [a.yaml]\n---\n# end\n', 'a.yaml': object };
    expect(await generated(files)).toEqual({ ...header, resources: ['a.yaml'] });
  });

  it('is made where there is none: files, and directories with one of their own', async () => {
    const files = {
      'd/b.yaml': object,
      'd/c/d.yml': object,
      'd/e/kustomization.yml': 'resources: [f.yaml]',
      'd/e/f.yaml': object,
      'd/e/g/kustomization.yaml': '',
      'd/h/i/Kustomization': 'resources: []',
      'd/notes.txt': '',
    };
    expect(await generated(files, { path: './d' })).toEqual({
      ...header,
      resources: ['./b.yaml', './c/d.yml', './e', './h/i'],
    });
  });

  it('is made for plain YAML when the delivery asks for a transformation', async () => {
    expect(await generated({ 'a.yaml': object }, { targetNamespace: 'shop' })).toEqual({
      ...header,
      namespace: 'shop',
      resources: ['./a.yaml'],
    });
  });

  it('carries what the spec asks for', async () => {
    const existing = [
      'resources: [a.yaml]',
      'namespace: own',
      'namePrefix: own-',
      'patches: [{patch: own}]',
      'components: [one]',
      'images:',
      '- {name: both, newName: own, newTag: "1", digest: sha256:1}',
      '- {name: kept, newTag: "1"}',
      'buildMetadata: [managedByLabel]',
    ];
    const files = {
      ...base,
      'kustomization.yaml': existing.join('\n'),
      'one/kustomization.yaml': 'kind: Component',
      'two/kustomization.yaml': 'kind: Component',
    };
    const spec = {
      targetNamespace: 'shop',
      namePrefix: 'pre-',
      nameSuffix: '-post',
      patches: [{ patch: 'new', target: { kind: 'X', labelSelector: 'a=b' } }, { patch: 'last' }],
      components: ['two'],
      images: [
        { name: 'both', newTag: '2' },
        { name: 'new', newName: 'n', digest: 'sha256:2' },
      ],
      buildMetadata: ['originAnnotations'],
    };
    expect(await generated(files, spec)).toEqual({
      ...header,
      resources: ['a.yaml'],
      namespace: 'shop',
      namePrefix: 'pre-',
      nameSuffix: '-post',
      patches: [
        { patch: 'own' },
        { patch: 'new', target: { kind: 'X', labelSelector: 'a=b' } },
        { patch: 'last' },
      ],
      components: ['one', 'two'],
      images: [
        { name: 'both', newName: 'own', newTag: '2' },
        { name: 'kept', newTag: '1' },
        { name: 'new', newName: 'n', digest: 'sha256:2' },
      ],
      buildMetadata: ['originAnnotations'],
    });
  });

  it('keeps tag and digest of an image when only its name is overridden', async () => {
    const files = {
      ...base,
      'kustomization.yaml': 'resources: [a.yaml]\nimages: [{name: a, newTag: "1", digest: sha256:1}]',
    };
    expect(await generated(files, { images: [{ name: 'a', newName: 'b' }] })).toMatchObject({
      images: [{ name: 'a', newName: 'b', newTag: '1', digest: 'sha256:1' }],
    });
  });

  it('asks for origin annotations where it names no resources, as Flux does', async () => {
    expect(await generated({ 'kustomization.yaml': '# nothing\n' })).toEqual({
      ...header,
      buildMetadata: ['originAnnotations'],
    });
  });

  it('leaves out components that are missing where the delivery allows it', async () => {
    const spec = { components: ['nowhere', '../gone'], ignoreMissingComponents: true, path: 'd' };
    expect(
      await generated({ 'd/a.yaml': object, 'd/kustomization.yaml': 'resources: [a.yaml]' }, spec),
    ).not.toHaveProperty('components');
  });

  it('is built in a private copy, by arguments that hold no more than a directory', async () => {
    const exec = new FakeExec((request) => {
      expect(readFileSync(join(request.directory, 'd/a.yaml'), 'utf8')).toBe(object);
      expect(existsSync(join(request.directory, 'link'))).toBe(false);
      return printed(object);
    });
    site.write({ 'd/a.yaml': object, 'd/kustomization.yaml': 'resources: [a.yaml]\n' });
    chmodSync(join(site.root, 'd/kustomization.yaml'), 0o444);
    symlinkSync('/etc', join(site.root, 'link'));
    await site.build({}, { exec, spec: { path: 'd' } });
    const [request] = exec.requests;
    const copy = request?.directory ?? '';
    expect(request?.args).toEqual(['build', '--load-restrictor', 'LoadRestrictionsNone', join(copy, 'd')]);
    expect(copy.startsWith(site.root)).toBe(false);
    expect(readFileSync(join(site.root, 'd/kustomization.yaml'), 'utf8')).toBe('resources: [a.yaml]\n');
  });
});

describe('kustomize', () => {
  it.each([
    ['its own kustomization', { 'kustomization.yaml': '' }, {}, 'kustomization.yaml'],
    ['a kustomization below', { 'd/e/Kustomization': '' }, {}, 'd/e/Kustomization'],
    ['what the spec asks for', { 'a.yaml': object }, { namePrefix: 'x' }, 'spec.namePrefix'],
  ])('is needed for %s, and missed by name', async (_what, files: Files, spec, subject) => {
    const error = await site.failure(files, { spec });
    expect(error).toMatchObject({ code: 'KUSTOMIZE_NOT_FOUND', subject });
  });

  it('is not looked for elsewhere when the path that was named is no program', async () => {
    const error = await site.failure(base, {
      exec: new FakeExec(''),
      kustomize: join(site.root, 'kustomize'),
    });
    expect(error).toMatchObject({ code: 'KUSTOMIZE_NOT_FOUND', subject: join(site.root, 'kustomize') });
  });

  it('prints objects that are read by the rules of what is printed', async () => {
    const { objects, warnings } = await site.build(base, {
      exec: new FakeExec(() =>
        printed(
          `${object}v: "yes"\nw: 1.8446744073709552e+19\nx: 0o8\n`,
          "# Warning: 'vars' is deprecated.\n",
        ),
      ),
    });
    expect(objects).toEqual([
      { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' }, v: 'yes', w: 2 ** 64, x: '0o8' },
    ]);
    expect(warnings).toEqual(["kustomize: Warning: 'vars' is deprecated."]);
  });

  it('prints objects that are judged like any other', async () => {
    const error = await site.failure(base, { exec: new FakeExec('kind: X\nmetadata:\n  name: a\n') });
    expect(error).toMatchObject({ code: 'OBJECT_INVALID' });
    expect(error.message).toContain(
      'kustomize build of kustomization.yaml:1 (document 1): expected an apiVersion',
    );
  });

  it('may print nothing: that is an empty build', async () => {
    expect(await site.failure(base, { exec: new FakeExec('') })).toMatchObject({ code: 'BUILD_EMPTY' });
  });

  it.each([
    [
      'fails',
      () => failed('Error: no matches for Id X.v1.[noGrp]/b\nmore\n'),
      'kustomization.yaml: no matches for Id X.v1.[noGrp]/b',
    ],
    ['fails after warnings', () => failed('# Warning: old\nError: broken\n'), 'kustomization.yaml: broken'],
    ['fails without a word', () => failed(''), 'kustomize could not read a patch or an object'],
    [
      'takes too long',
      () => ({ kind: 'too-slow', limitMs: 7 }) as const,
      'expected kustomize to end within 7 ms',
    ],
    [
      'prints too much',
      () => ({ kind: 'too-much-output', limitBytes: 7 }) as const,
      'expected at most 7 bytes from kustomize',
    ],
    [
      'grows too large',
      () => ({ kind: 'too-much-memory', limitBytes: 7 }) as const,
      'expected kustomize to need at most 7 bytes of memory',
    ],
    [
      'is killed',
      () => ({ kind: 'crashed', signal: 'SIGKILL', stderr: '' }) as const,
      'kustomize was ended by SIGKILL',
    ],
  ])('that %s fails the build and leaves nothing behind', async (_what, outcome, message) => {
    const error = await site.failure(base, { exec: new FakeExec(outcome) });
    expect(error.code).toBe('KUSTOMIZE_FAILED');
    expect(error.message).toContain(message);
    expect(site.leftovers()).toEqual([]);
  });

  it('quotes objects and paths in its messages; ours do not', async () => {
    for (const quotation of [
      'map[string]interface {}{"data":"hunter2"}: json: unsupported value',
      'unable to parse SM or JSON patch from [patch: "hunter2"]',
      "MalformedYAMLError: yaml: unknown anchor 'hunter2' referenced",
      'missing Resource metadata in object {{v1 X} {{ } map[] map[hunter2]}}',
    ]) {
      const exec = new FakeExec((request) =>
        failed(`Error: in '${request.directory}/a.yaml': ${quotation}\n`),
      );
      const error = await site.failure(base, { exec });
      expect(error.message).not.toContain('hunter2');
      expect(error.message).toContain("in 'a.yaml'");
    }
  });

  it('quotes what a generator reads; ours do not', async () => {
    for (const line of [
      'invalid literal source hunter2, expected key=value',
      '"hunter2" is not a valid key name',
    ]) {
      const error = await site.failure(base, {
        exec: new FakeExec(() => failed(`Error: loading KV pairs: ${line}\n`)),
      });
      expect(error.message).toBe(
        'kustomization.yaml: expected KEY=VALUE in every literal and env file of a generator',
      );
    }
  });

  it('that cannot be started fails the build', async () => {
    const exec = new FakeExec(() => Promise.reject(new Error('spawn ENOEXEC')));
    const error = await site.failure(base, { exec });
    expect(error).toMatchObject({ code: 'KUSTOMIZE_FAILED' });
    expect(error.message).toContain('spawn ENOEXEC');
    expect(site.leftovers()).toEqual([]);
  });

  it('is given up when the build is aborted, and its directory is removed', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const exec = new FakeExec((_request, signal) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        controller.abort(reason);
      });
    });
    await expect(site.build(base, { exec, signal: controller.signal })).rejects.toBe(reason);
    expect(site.leftovers()).toEqual([]);
  });
});

it('what killed builds left behind is swept, and nothing else', async () => {
  await sweepBuilds(site.temporary);
  mkdirSync(join(site.temporary, 'sealift-build-abc/tree'), { recursive: true });
  writeFileSync(join(site.temporary, 'sealift-build-abc/tree/a.yaml'), object);
  mkdirSync(join(site.temporary, 'other'));
  await sweepBuilds(site.temporary);
  expect(site.leftovers()).toEqual(['other']);
});
