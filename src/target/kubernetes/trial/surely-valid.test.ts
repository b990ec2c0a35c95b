import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../core/index.ts';
import { isSurelyValid } from './surely-valid.ts';

type Change = Readonly<Record<string, unknown>>;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function configMap(change: Change = {}, metadata: Change = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'one', namespace: 'shop', ...metadata },
    data: { 'a.b_c-D': '1', '.hidden': '' },
    ...change,
  };
}

function secret(change: Change = {}): KubernetesObject {
  return configMap({ kind: 'Secret', data: { key: base64('value'), empty: '' }, ...change });
}

function namespace(metadata: Change = {}, change: Change = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', ...metadata }, ...change };
}

const long = 'x'.repeat(64);

describe('what surely is valid', () => {
  it.each<[string, KubernetesObject]>([
    ['a ConfigMap', configMap()],
    [
      'one without data',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a.b', namespace: 'shop' } },
    ],
    ['one with binary data', configMap({ binaryData: { b: base64('x') } })],
    ['one that is immutable from the beginning', configMap({ immutable: true })],
    [
      'labels and annotations',
      configMap(
        {},
        {
          labels: { 'app.kubernetes.io/name': 'x', empty: '' },
          annotations: { 'a.test/b': 'any text: \u0000' },
        },
      ),
    ],
    ['values of a megabyte', configMap({ data: { a: 'x'.repeat(1_048_576) } })],
    ['a Secret', secret()],
    ['an opaque Secret', secret({ type: 'Opaque' })],
    [
      'a ServiceAccount',
      configMap({ kind: 'ServiceAccount', data: undefined, automountServiceAccountToken: false }),
    ],
    ['a Namespace', namespace({ labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } })],
  ])('%s', (_what, object) => {
    expect(isSurelyValid(JSON.parse(JSON.stringify(object)), true)).toBe(true);
  });

  it.each<[string, KubernetesObject]>([
    ['another kind', configMap({ kind: 'Service' })],
    ['a kind that objects inherit', configMap({ kind: 'constructor' })],
    ['another version', configMap({ apiVersion: 'v2' })],
    ['an unknown field', configMap({ dataa: {} })],
    ['a field of another plain kind', configMap({ type: 'Opaque' })],
    ['a field that objects inherit', configMap({ toString: 'x' })],
    ['a number', configMap({ data: { a: 1 } })],
    ['null', configMap({ data: { a: null } })],
    ['no map', configMap({ data: null })],
    ['a list', configMap({ data: ['x'] })],
    ['a key with a slash', configMap({ data: { 'a/b': 'x' } })],
    ['an empty key', configMap({ data: { '': 'x' } })],
    ['a key that is a directory', configMap({ data: { '.': 'x' } })],
    ['a key that leaves it', configMap({ data: { '..a': 'x' } })],
    ['a long key', configMap({ data: { ['x'.repeat(254)]: 'x' } })],
    ['one key twice', configMap({ binaryData: { '.hidden': 'eA==' } })],
    ['binary data in plain text', configMap({ binaryData: { b: 'plain!' } })],
    ['binary data that end early', configMap({ binaryData: { b: 'abc' } })],
    ['more than a megabyte', configMap({ data: { a: 'x'.repeat(600_000), b: 'ü'.repeat(300_000) } })],
    ['a word for a flag', configMap({ immutable: 'true' })],
    ['a name with a capital', configMap({}, { name: 'One' })],
    ['a name that ends with a dot', configMap({}, { name: 'one.' })],
    ['a name with a line end', configMap({}, { name: 'one\n' })],
    ['a long name', configMap({}, { name: 'x'.repeat(254) })],
    ['no namespace', configMap({}, { namespace: undefined })],
    ['a namespace with a dot', configMap({}, { namespace: 'a.b' })],
    ['a finalizer', configMap({}, { finalizers: ['a/b'] })],
    ['an unknown field of the metadata', configMap({}, { label: {} })],
    ['a label that is a number', configMap({}, { labels: { a: 1 } })],
    ['labels as a list', configMap({}, { labels: ['a'] })],
    ['labels that are null', configMap({}, { labels: null })],
    ['a label with a space', configMap({}, { labels: { a: 'b c' } })],
    ['a label that begins with a dash', configMap({}, { labels: { a: '-b' } })],
    ['a long label', configMap({}, { labels: { a: long } })],
    ['a long key of a label', configMap({}, { labels: { [long]: 'a' } })],
    ['a key without a name', configMap({}, { labels: { 'a.test/': 'a' } })],
    ['a key without a prefix', configMap({}, { annotations: { '/a': 'a' } })],
    ['a key with two prefixes', configMap({}, { annotations: { 'a/b/c': 'a' } })],
    ['a prefix that is no host', configMap({}, { annotations: { 'A_b/c': 'a' } })],
    ['annotations over 256 KiB', configMap({}, { annotations: { a: 'x'.repeat(262_144) } })],
    ['a Secret in plain text', secret({ data: { key: 'plain text' } })],
    ['a Secret with stringData', secret({ stringData: { key: 'x' } })],
    ['a Secret of another type', secret({ type: 'kubernetes.io/tls' })],
    ['a ServiceAccount with Secrets', configMap({ kind: 'ServiceAccount', data: undefined, secrets: [] })],
    ['a Namespace with a dot', namespace({ name: 'a.b' })],
    ['a Namespace in a namespace', namespace({ namespace: 'shop' })],
    ['a Namespace with a spec', namespace({}, { spec: {} })],
    [
      'a Namespace with a label that admission reads',
      namespace({ labels: { 'pod-security.kubernetes.io/enforce': 'x' } }),
    ],
    ['a Namespace with a label of the server', namespace({ labels: { 'kubernetes.io/metadata.name': 'x' } })],
  ])('not %s', (_what, object) => {
    expect(isSurelyValid(JSON.parse(JSON.stringify(object)), true)).toBe(false);
  });

  it('not what may be immutable already', () => {
    expect(isSurelyValid(configMap({ immutable: true }), false)).toBe(false);
    expect(isSurelyValid(configMap({ immutable: false }), false)).toBe(true);
  });
});
