import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite } from '../../../test/fixtures/build-site.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

const object = (apiVersion: string, kind: string, metadata: object, more: object = {}): string =>
  JSON.stringify({ apiVersion, kind, metadata, ...more });

const long = 'a'.repeat(64);

describe('what every API server refuses is refused with its place', () => {
  it.each<[string, string, string]>([
    [
      'a number as a name',
      object('v1', 'X', { name: 12 }),
      'expected a metadata.name (a string), got a number; quote it',
    ],
    ['no name', object('v1', 'X', { generateName: 'a-' }), 'expected a metadata.name (a string), got none'],
    [
      'a number as a version',
      '{apiVersion: 1, kind: X, metadata: {name: a}}',
      'an apiVersion (a string), got a number',
    ],
    [
      'a version in capitals',
      object('V1', 'X', { name: 'a' }),
      'apiVersion: expected VERSION or GROUP/VERSION',
    ],
    [
      'two slashes in a version',
      object('a/b/v1', 'X', { name: 'a' }),
      'apiVersion: expected VERSION or GROUP/VERSION',
    ],
    ['a kind with a blank', object('v1', 'A B', { name: 'a' }), 'kind: expected letters and digits'],
    [
      'a namespace in capitals',
      object('v1', 'X', { name: 'a', namespace: 'A' }),
      'metadata.namespace: expected',
    ],
    [
      'a number as a namespace',
      object('v1', 'X', { name: 'a', namespace: 7 }),
      'metadata.namespace: expected',
    ],
    [
      'a name in capitals',
      object('v1', 'ConfigMap', { name: 'Front' }),
      'expected a lower-case DNS name for a ConfigMap',
    ],
    [
      'a name with a blank',
      object('apps/v1', 'Deployment', { name: 'a b' }),
      'expected a lower-case DNS name',
    ],
    [
      'a dash at the end of a part',
      object('batch/v1', 'Job', { name: 'a-.b' }),
      'expected a lower-case DNS name',
    ],
    [
      'a Service with a dot',
      object('v1', 'Service', { name: 'a.b' }),
      'expected a lower-case DNS label for a Service',
    ],
    [
      'a long Namespace',
      object('v1', 'Namespace', { name: long }),
      'expected a lower-case DNS label for a Namespace',
    ],
    [
      'a number as a label',
      object('v1', 'X', { name: 'a', labels: { a: 1 } }),
      'metadata.labels: expected a string as a; quote it',
    ],
    [
      'a boolean as an annotation',
      '{apiVersion: v1, kind: X, metadata: {name: a, annotations: {a: [true]}}}',
      'metadata.annotations: expected a string as a',
    ],
    [
      'a label with a blank',
      object('v1', 'X', { name: 'a', labels: { a: 'b c' } }),
      'metadata.labels: expected at most 63 letters',
    ],
    [
      'a long label',
      object('x.io/v1', 'X', { name: 'a', labels: { a: long } }),
      'metadata.labels: expected at most 63',
    ],
    [
      'a key with two slashes',
      object('v1', 'X', { name: 'a', labels: { 'a/b/c': '' } }),
      'metadata.labels: expected NAME or PREFIX/NAME as key, got "a/b/c"',
    ],
    [
      'a label with capitals in its prefix',
      object('v1', 'X', { name: 'a', labels: { 'A.io/a': '' } }),
      'metadata.labels: expected NAME',
    ],
    [
      'an empty key',
      object('v1', 'X', { name: 'a', annotations: { '': '' } }),
      'metadata.annotations: expected NAME',
    ],
    [
      'large annotations',
      object('v1', 'X', { name: 'a', annotations: { a: 'ü'.repeat(128 * 1024) } }),
      'metadata.annotations: expected at most 262144 bytes in all, got 262145',
    ],
    [
      'a field that a ConfigMap does not have',
      object('v1', 'ConfigMap', { name: 'a' }, { dataa: {} }),
      'unknown field "dataa" of a ConfigMap',
    ],
    [
      'a field of a Deployment in the wrong place',
      object('apps/v1', 'Deployment', { name: 'a' }, { replicas: 2 }),
      'unknown field "replicas" of a Deployment',
    ],
  ])('%s', async (_what, text, message) => {
    const error = await site.failure({ 'a.yaml': `---\n---\n${text}` });
    expect(error.code).toBe('OBJECT_INVALID');
    expect(error.subject).toBe('a.yaml:3 (document 2)');
    expect(error.message).toContain(message);
  });

  it('also when the delivery asks for it', async () => {
    const spec = { commonMetadata: { labels: { team: 'a b' } } };
    const error = await site.failure({ 'a.yaml': object('v1', 'X', { name: 'a' }) }, { spec });
    expect(error.message).toMatch(
      /^Kustomization\/shop\/app spec.commonMetadata: metadata.labels: .* as team$/,
    );
  });

  it('and what one of them may take is left to it', async () => {
    const taken = [
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', { name: 'system:Node_reader' }, { rules: [] }),
      object('user.openshift.io/v1', 'User', { name: 'kube:admin' }, { fullName: 'A' }),
      object('networking.k8s.io/v1', 'IPAddress', { name: '2001:db8::1' }),
      object('v1', 'ConfigMap', { name: 'a.b-c.1', annotations: { 'Example.com/A_b.c': 'ä' } }, { data: {} }),
      object('v1', 'Thing', { name: 'a', labels: { 'x.io/A_b.c': 'A_b.c-1', e: '' } }, { anything: 1 }),
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { name: 'xs.x.io' }, { spec: {} }),
    ];
    expect((await site.build({ 'a.yaml': taken.join('\n---\n') })).objects).toHaveLength(taken.length);
  });
});

describe('an object that is there twice is refused by both places', () => {
  const name = { name: 'a', namespace: 'x' };
  it.each([
    ['in two files', object('v1', 'X', name), object('v1', 'X', name)],
    ['in two versions', object('a/v1', 'X', name), object('a/v2', 'X', name)],
    [
      'in no namespace, though one is given',
      object('v1', 'Namespace', { name: 'a' }),
      object('v1', 'Namespace', name),
    ],
  ])('%s', async (_what, one, other) => {
    const error = await site.failure({ 'a.yaml': one, 'b/c.yaml': `# second\n${other}` });
    expect(error.code).toBe('OBJECT_DUPLICATE');
    expect(error.subject).toBe('b/c.yaml:2 (document 1)');
    expect(error.message).toContain('is already defined at a.yaml:1 (document 1)');
  });

  it('but not for one name in two groups, or in two namespaces', async () => {
    const all = [
      object('a/v1', 'X', name),
      object('b/v1', 'X', name),
      object('a/v1', 'X', { name: 'a', namespace: 'y' }),
    ];
    expect((await site.build({ 'a.yaml': all.join('\n---\n') })).objects).toHaveLength(3);
  });
});

it('a namespace is left out of what belongs to none, as the API server does it, and that is told', async () => {
  const { objects, warnings } = await site.build({
    'a.yaml': object('rbac.authorization.k8s.io/v1', 'ClusterRole', {
      name: 'a',
      namespace: 'x',
      labels: { b: 'c' },
    }),
    'b.yaml': object('rbac.authorization.k8s.io/v1', 'Role', { name: 'a', namespace: 'x' }),
  });
  expect(objects.map(({ metadata }) => metadata)).toEqual([
    { name: 'a', labels: { b: 'c' } },
    { name: 'a', namespace: 'x' },
  ]);
  expect(warnings).toEqual([
    'a.yaml:1 (document 1): ClusterRole/a: the namespace is left out, the kind belongs to none',
  ]);
});
