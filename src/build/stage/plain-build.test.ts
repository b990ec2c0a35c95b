import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite } from '../../../test/fixtures/build-site.ts';
import type { KubernetesObject } from '../../core/index.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

const head = 'apiVersion: v1\nkind: X\nmetadata: {name: a}\n';
const second = head.replace('name: a', 'name: b');

async function built(text: string): Promise<readonly unknown[]> {
  return (await site.build({ 'a.yaml': text })).objects;
}

/** One object, without what `head` gives it. */
async function fieldsOf(text: string): Promise<unknown> {
  const [object, ...others] = await built(head + text);
  expect(others).toEqual([]);
  const { apiVersion, kind, metadata, ...fields } = object as Record<string, unknown>;
  expect({ apiVersion, kind, metadata }).toEqual({ apiVersion: 'v1', kind: 'X', metadata: { name: 'a' } });
  return fields;
}

describe('values of plain YAML, as kustomize 5.8.1 gives them', () => {
  it.each([
    [
      'merge keys give way to keys that are there',
      'x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n',
      { x: { a: 1, b: 2 }, y: { a: 1, b: 3 } },
    ],
    [
      'the first of several merged maps wins',
      'x: &x {a: 1}\nz: &z {a: 9, c: 4}\ny:\n  <<: [*x, *z]\n',
      { x: { a: 1 }, z: { a: 9, c: 4 }, y: { a: 1, c: 4 } },
    ],
    ['a merged map may be written in place', 'y:\n  <<: {a: 1, b: 2}\n  a: 2\n', { y: { a: 2, b: 2 } }],
    [
      'merges follow merges',
      'x: &x {a: 1}\nw: &w {<<: *x, b: 2}\ny: {<<: *w}\n',
      { x: { a: 1 }, w: { a: 1, b: 2 }, y: { a: 1, b: 2 } },
    ],
    ['an anchor may be set anew', 'a: &x 1\nb: *x\nc: &x 2\nd: *x\n', { a: 1, b: 1, c: 2, d: 2 }],
    [
      'an alias stands for a whole value',
      'x: &x [1, {b: 2}]\ny: *x\n',
      { x: [1, { b: 2 }], y: [1, { b: 2 }] },
    ],
    ['an alias may be a key', 'x: &x foo\n*x : bar\n', { x: 'foo', foo: 'bar' }],
    ['yes is a string, as value and as key', 'v: yes\nw: {no: on}\n', { v: 'yes', w: { no: 'on' } }],
    ['quotes make strings', `v: "1"\nw: 'true'\nx: !!str 12\n`, { v: '1', w: 'true', x: '12' }],
    ['tags make numbers', 'v: !!int "0x1F"\nw: !!float 12\n', { v: 31, w: 12 }],
    ['a tag makes a float of a whole number', 'v: !!float 9223372036854775807\n', { v: 2 ** 63 }],
    ['whole numbers beyond 2^53 stay exact', 'v: 9007199254740993\n', { v: 9_007_199_254_740_993n }],
    [
      'a plus makes a float of a number beyond int64',
      'v: +11001001011110000100\nw: 11001001011110000100\n',
      { v: 11001001011110000000, w: 11_001_001_011_110_000_100n },
    ],
    ['a date becomes RFC 3339 text', 'v: 2001-12-14\n', { v: '2001-12-14T00:00:00Z' }],
    ['an empty value is null, an empty string is not', 'v:\nw: ""\n', { v: null, w: '' }],
    [
      'an empty value in braces is the empty string',
      'v: {a: , b: ~, c}\nw: [d: ]\n',
      { v: { a: '', b: null, c: '' }, w: [{ d: '' }] },
    ],
    [
      'an empty value is what the place of its alias makes of it',
      'v: &x\nw: [*x]\nx: &y {a: }\ny: {<<: *y}\nz:\n  <<: *y\n',
      { v: null, w: [''], x: { a: '' }, y: { a: '' }, z: { a: null } },
    ],
    [
      'a time in brackets stays as it is written, for its colons',
      'v: [2001-12-14t21:59:43.10-05:00, 2001-12-14]\nw: 2001-12-14  21:59:43.10\n',
      { v: ['2001-12-14t21:59:43.10-05:00', '2001-12-14T00:00:00Z'], w: '2001-12-14T21:59:43.1Z' },
    ],
    ['the last line of a file has no line break where it has none', 'v: |\n  a\n  b', { v: 'a\nb' }],
    ['a kept block that ends in less than a line keeps one line break', 'v: |+\n  a\n  ', { v: 'a\n' }],
    ['a kept block at the end of a file neither', 'v: >+\n  a', { v: 'a' }],
    [
      'folded text gets one more line break before an indented line',
      'v: >-\n  a\n  b\n    c\n    d\n  e\n',
      { v: 'a b\n\n  c\n  d\ne' },
    ],
    [
      'folded text that begins indented is folded once more',
      'v: >2\n   a\n  b\n\n  c\n  d\n',
      { v: ' a\nb c d\n' },
    ],
    [
      'numbers behind a point want each underscore between digits',
      'v: .4_9\nw: .4__9\n',
      { v: 0.49, w: '.4__9' },
    ],
    ['an anchor inside its namesake comes after it', 'v: &x {a: &x 1}\nw: *x\n', { v: { a: 1 }, w: 1 }],
    ['empty maps and lists stay', 'v: {a: null, b: {}, c: []}\n', { v: { a: null, b: {}, c: [] } }],
    ['lists keep their nulls', 'v: [1, null]\n', { v: [1, null] }],
    ['lists need no indentation', 'v:\n- a\n-   b: 1\n    c: 2\n', { v: ['a', { b: 1, c: 2 }] }],
    ['text of several lines', 'v: |\n  a\n  ---\n  b\nw: >-\n  c\n  d\n', { v: 'a\n---\nb\n', w: 'c d' }],
    ['escapes and other scripts', 'v: "\\U0001F600 \\x41"\nw: 日本\n', { v: '😀 A', w: '日本' }],
    [
      'a key that is a name of every object',
      'v: {__proto__: {a: 1}, constructor: b}\n',
      JSON.parse('{"v":{"__proto__":{"a":1},"constructor":"b"}}'),
    ],
  ] as const)('%s', async (_behaviour, text, fields) => {
    expect(await fieldsOf(text)).toEqual(fields);
  });

  it.each([
    ['with a byte order mark', `\ufeff${head}`],
    ['with Windows line ends', `${head}v: |\n  a\n  b\n`.replaceAll('\n', '\r\n')],
    ['behind a YAML directive', `%YAML 1.2\n---\n${head}`],
    ['as JSON with tabs', '{\n\t"apiVersion": "v1",\n\t"kind": "X",\n\t"metadata": {"name": "a"}\n}\n'],
    ['among empty documents and comments', `# one\n---\n---\n~\n---\n${head}---\n# two\n---\n{}\n`],
  ])('reads a document %s', async (_what, text) => {
    expect(await built(text)).toMatchObject([{ kind: 'X', metadata: { name: 'a' } }]);
  });

  it.each([
    ['a separator', '---\n'],
    ['a separator with a comment', '--- # second\n'],
    ['the end of a document and a separator', '...\n---\n'],
    ['the end of a document alone, where kustomize loses the rest', '...\n'],
    ['a separator and a byte order mark', '---\n\ufeff'],
  ])('reads two documents with %s between them', async (_what, between) => {
    expect(await built(head + between + second)).toMatchObject([
      { metadata: { name: 'a' } },
      { metadata: { name: 'b' } },
    ]);
  });
});

describe('objects of plain YAML', () => {
  it('reads .yaml and .yml files at any depth, hidden ones too, and nothing else', async () => {
    const files = Object.fromEntries(
      [
        'a.yaml',
        'b.yml',
        '.c.yaml',
        'd/e/f.yaml',
        '.g/h.yaml',
        'i.json',
        'j.YAML',
        'k.yaml.txt',
        'README.md',
      ].map((path) => [path, head.replace('name: a', `name: ${path.replaceAll(/[^a-z]/g, '')}`)]),
    );
    const { objects } = await site.build(files);
    expect(objects.map((object) => object.metadata.name)).toEqual([
      'ayaml',
      'byml',
      'cyaml',
      'defyaml',
      'ghyaml',
    ]);
  });

  it.each([
    ['deploy', ['b']],
    ['./deploy/', ['b']],
    ['/deploy', ['b']],
    ['other/../deploy', ['b']],
    ['../../deploy', ['b']],
    ['./', ['a', 'b']],
    ['../..', ['a', 'b']],
  ])('looks for spec.path %s inside the artifact', async (path, names) => {
    const { objects } = await site.build({ 'a.yaml': head, 'deploy/b.yaml': second }, { spec: { path } });
    expect(objects.map((object) => object.metadata.name)).toEqual(names);
  });

  it.each([
    ['nowhere', 'is not in the artifact'],
    ['../../etc', 'is not in the artifact'],
    ['a.yaml', 'expected a directory, got a file'],
    ['link', 'expected a directory, got a other'],
    ['link/below', 'expected a directory, got a other'],
  ])('refuses spec.path %s: %s', async (path, message) => {
    site.write({ 'deploy/below/b.yaml': second });
    symlinkSync(join(site.root, 'deploy'), join(site.root, 'link'));
    const error = await site.failure({ 'a.yaml': head }, { spec: { path } });
    expect(error.code).toBe('BUILD_PATH_NOT_FOUND');
    expect(error.message).toContain(`${path}: ${message}`);
  });

  it('follows no link, and says so', async () => {
    symlinkSync('/etc', join(site.root, 'etc'));
    symlinkSync('/etc/passwd', join(site.root, 'passwd.yaml'));
    const { objects, warnings } = await site.build({ 'a.yaml': head });
    expect(objects).toHaveLength(1);
    expect(warnings).toEqual([
      'etc: left out, not a regular file',
      'passwd.yaml: left out, not a regular file',
    ]);
  });

  it('takes the items out of lists, also out of lists in lists', async () => {
    const list = `apiVersion: v1\nkind: ConfigMapList\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: q}}\n`;
    expect(
      await built(
        `${list}---\n{apiVersion: v1, kind: List, items: []}\n---\n{apiVersion: v1, kind: List, items: }\n`,
      ),
    ).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'q' } }]);
  });

  it('takes a kind that only ends in List for an object', async () => {
    expect(await built('{apiVersion: v1, kind: BlockList, metadata: {name: q}}')).toHaveLength(1);
  });

  it('reads labels and annotations as kustomize does: dates stay, no value is the empty string', async () => {
    const [object] = await built(
      'apiVersion: v1\nkind: X\nmetadata: {name: a, namespace: , annotations: {a: 2001-01-01, b: }, labels: }\n',
    );
    expect(object).toEqual({
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'a', annotations: { a: '2001-01-01', b: '' } },
    });
  });

  it.each([
    [
      'an object',
      'apiVersion: v1\nkind: X\nmetadata:\n  name: a\n  annotations: {a: 1.50, b: yes, c: ~, d: 0x1F, e: .inf, f: }\n',
    ],
    [
      'an object that merges them',
      'x: &x {a: 1.50, b: yes, c: ~, d: 0x1F}\napiVersion: v1\nkind: X\nmetadata:\n  name: a\n  annotations: {<<: *x, e: .inf, f: }\n',
    ],
    [
      'a list that is alone in its file',
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: X\n  metadata:\n    name: a\n    annotations: {a: 1.50, b: yes, c: ~, d: 0x1F, e: .inf, f: }\n',
    ],
  ])('takes annotations for text, as they are written: %s', async (_what, text) => {
    const [object] = (await built(text)) as readonly KubernetesObject[];
    const annotations = { a: '1.50', b: 'yes', c: '~', d: '0x1F', e: '.inf', f: '' };
    expect(object?.metadata.annotations).toEqual(annotations);
  });

  it('takes annotations in other lists for the text of their values, as kustomize does', async () => {
    const list =
      'apiVersion: v1\nkind: XList\nitems:\n- apiVersion: v1\n  kind: X\n  metadata:\n    name: a\n    annotations: {a: 1.50, c: ~, d: 0x1F}\n';
    const [object] = (await built(list)) as readonly KubernetesObject[];
    expect(object?.metadata.annotations).toEqual({ a: '1.5', c: 'null', d: '31' });
  });

  it('leaves out what kustomize leaves out, and says so', async () => {
    const local = head.replace(
      'name: a',
      'name: c, annotations: {config.kubernetes.io/local-config: "true"}',
    );
    const own = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: k}\n';
    const { objects, warnings } = await site.build({ 'a.yaml': `${head}---\n${local}---\n${own}` });
    expect(objects).toHaveLength(1);
    expect(warnings).toEqual([
      'a.yaml:5 (document 2): left out, it is annotated config.kubernetes.io/local-config',
      'a.yaml:9 (document 3): left out, a Kustomization of kustomize is no object to deliver',
    ]);
  });
});
