import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite } from '../../test/fixtures/build-site.ts';
import type { KubernetesObject } from '../core/index.ts';

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

describe('faults of plain YAML', () => {
  it.each([
    ['no YAML', 'a: b: c\n', 'YAML_MALFORMED', 'a.yaml:1: is not YAML: nested mappings are not allowed'],
    [
      'a variable that is no YAML before it is replaced',
      `${head}data: {n: \${color}}\n`,
      'YAML_MALFORMED',
      'a.yaml:4: is not YAML',
    ],
    ['a bad escape', `${head}v: "\\d"\n`, 'YAML_MALFORMED', 'a.yaml:4: is not YAML: invalid escape sequence'],
    [
      'a tab for indentation',
      `${head}v:\n\t- a\n`,
      'YAML_MALFORMED',
      'a.yaml:5: is not YAML: tabs are not allowed',
    ],
    [
      'a key twice',
      `${head}data: {a: 1, "a": 2}\n`,
      'YAML_MALFORMED',
      'a.yaml:4 (document 1): the key "a" appears twice',
    ],
    ['a merge key twice', `${head}y:\n  <<: {}\n  <<: {}\n`, 'YAML_MALFORMED', 'the key << appears twice'],
    [
      'a merge of something else',
      `${head}y:\n  <<: 3\n`,
      'YAML_MALFORMED',
      'expected a map, or a list of maps, behind <<',
    ],
    [
      'a number as key',
      `${head}data: {1: a}\n`,
      'YAML_MALFORMED',
      'a.yaml:4 (document 1): expected a string as key',
    ],
    ['null as key', `${head}data: {~: a}\n`, 'YAML_MALFORMED', 'expected a string as key'],
    ['a list as key', `${head}? [a]\n: b\n`, 'YAML_MALFORMED', 'expected a string as key'],
    ['an unknown alias', `${head}y: *q\n`, 'YAML_MALFORMED', 'an alias has no anchor before it'],
    [
      'an alias of another document',
      `${head.replace('{name', '&x {name')}---\n${second}v: *x\n`,
      'YAML_MALFORMED',
      'a.yaml:8 (document 2): an alias',
    ],
    ['an alias inside its own anchor', `${head}x: &x [*x]\n`, 'YAML_MALFORMED', 'stands inside its own'],
    ['NaN with a tag', `${head}v: !!float .nan\n`, 'YAML_MALFORMED', 'infinity and NaN have no place'],
    ['infinity', `${head}v: .inf\n`, 'YAML_MALFORMED', 'infinity and NaN have no place'],
    ['a tag that nobody knows', `${head}v: !foo bar\n`, 'YAML_MALFORMED', 'a tag is not supported'],
    [
      'a float of more than 63 bits',
      `${head}v: !!float 9223372036854775808\n`,
      'YAML_MALFORMED',
      'does not fit',
    ],
    ['a tag that does not fit', `${head}v: !!int x\n`, 'YAML_MALFORMED', 'does not fit its value'],
    [
      'a date as key',
      `${head}v: {2001-01-01: a}\n`,
      'YAML_MALFORMED',
      'expected a string as key, got a date',
    ],
    [
      'a question mark in brackets',
      `${head}v: [?a]\n`,
      'YAML_MALFORMED',
      'quotes around text that begins with "?"',
    ],
    [
      'a bare colon in braces',
      `${head}v: {a:, b: c}\n`,
      'YAML_MALFORMED',
      'expected a blank behind the colon',
    ],
    [
      'a key without a value in brackets, with a blank before its colon',
      `${head}v: [a :, b]\n`,
      'YAML_MALFORMED',
      'expected a blank behind the colon',
    ],
    [
      'blanks at the end of a block with a number',
      `${head}v: |2\n    a\n    \n`,
      'YAML_MALFORMED',
      'expected no lines of blanks',
    ],
    [
      'blanks in a block with a number',
      `${head}v: |2\n    \n  a\n`,
      'YAML_MALFORMED',
      'expected no lines of blanks',
    ],
    [
      'a line break of YAML 1.1',
      `${head}v: a\u2028b\n`,
      'YAML_MALFORMED',
      'a.yaml:4: control character U+2028',
    ],
    ['a control character', `${head}v: "a\u0001b"\n`, 'YAML_MALFORMED', 'a.yaml:4: control character U+0001'],
    [
      'two JSON texts in a row',
      `{"apiVersion":"v1"}{"apiVersion":"v1"}`,
      'YAML_MALFORMED',
      'a.yaml:1: is not YAML',
    ],
    ['other YAML', 'hello\n', 'OBJECT_INVALID', 'a.yaml:1 (document 1): expected a Kubernetes object'],
    [
      'a list at the top',
      `${head}---\n- a\n`,
      'OBJECT_INVALID',
      'a.yaml:5 (document 2): expected a Kubernetes object',
    ],
    ['no apiVersion', 'kind: X\nmetadata: {name: a}\n', 'OBJECT_INVALID', 'expected an apiVersion'],
    [
      'a misspelled apiVersion',
      'piVersion: v1\nkind: X\nmetadata: {name: a}\n',
      'OBJECT_INVALID',
      'expected an apiVersion',
    ],
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}\n', 'OBJECT_INVALID', 'expected a kind'],
    ['no metadata', 'apiVersion: v1\nkind: X\n', 'OBJECT_INVALID', 'expected metadata with a name'],
    [
      'no name',
      'apiVersion: v1\nkind: X\nmetadata: {generateName: a-}\n',
      'OBJECT_INVALID',
      'expected a metadata.name',
    ],
    [
      'a number as name',
      'apiVersion: v1\nkind: X\nmetadata: {name: 12}\n',
      'OBJECT_INVALID',
      'expected a metadata.name (a string)',
    ],
    [
      'a kustomization under another name',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n',
      'OBJECT_INVALID',
      'expected metadata with a name',
    ],
    [
      'items that are no list',
      'apiVersion: v1\nkind: List\nitems: {a: b}\n',
      'OBJECT_INVALID',
      'expected a list as items',
    ],
    [
      'an item without a kind',
      'apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: q}\n',
      'OBJECT_INVALID',
      'a.yaml:1 (document 1) item 1: expected an apiVersion',
    ],
    [
      'a slash in a name',
      head.replace('name: a', 'name: a/b'),
      'OBJECT_INVALID',
      'metadata.name: expected no "/"',
    ],
    ['a percent sign in a name', head.replace('name: a', 'name: "a%2fb"'), 'OBJECT_INVALID', 'no "%"'],
    ['a name of dots', head.replace('name: a', 'name: ..'), 'OBJECT_INVALID', 'not "." or ".."'],
    [
      'a line break in a name',
      head.replace('name: a', 'name: "a\\nb"'),
      'OBJECT_INVALID',
      'no control character',
    ],
    [
      'a name that is too long',
      head.replace('name: a', `name: ${'a'.repeat(254)}`),
      'OBJECT_INVALID',
      'at most 253 characters, got 254',
    ],
    [
      'a namespace that is none',
      head.replace('name: a', 'name: a, namespace: ../b'),
      'OBJECT_INVALID',
      'metadata.namespace: expected a lower-case DNS label',
    ],
    [
      'an apiVersion that is a path',
      head.replace('v1', 'a/../v1'),
      'OBJECT_INVALID',
      'apiVersion: expected VERSION or GROUP/VERSION',
    ],
    [
      'a kind that is a path',
      head.replace('kind: X', 'kind: X/y'),
      'OBJECT_INVALID',
      'kind: expected letters and digits',
    ],
    [
      'a number as label',
      head.replace('name: a', 'name: a, labels: {v: 1}'),
      'OBJECT_INVALID',
      'metadata.labels: expected a string as v; quote it',
    ],
    [
      'annotations that are a list',
      head.replace('name: a', 'name: a, annotations: [v]'),
      'OBJECT_INVALID',
      'metadata.annotations: expected a map of strings',
    ],
  ])('refuses %s', async (_what, text, code, message) => {
    const error = await site.failure({ 'a.yaml': text });
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('refuses text that is not UTF-8', async () => {
    const error = await site.failure({
      'a.yaml': Buffer.concat([Buffer.from(`${head}v: `), Buffer.from([0xff])]),
    });
    expect(error).toMatchObject({ code: 'YAML_MALFORMED', message: 'a.yaml: is not UTF-8' });
  });

  it('quotes nothing of a file that is no YAML: it may hold a secret', async () => {
    for (const text of [
      'password: |hunter2\n',
      '[a] hunter2\n',
      'a: "hunter2\n',
      'a: *hunter2\n',
      'a: !hunter2 b\n',
      'a: %hunter2\n',
      'a: {b: hunter2\nc: d',
    ]) {
      const error = await site.failure({ 'a.yaml': text });
      expect(error.code).toBe('YAML_MALFORMED');
      expect(error.message).not.toContain('hunter2');
    }
  });

  it('tells all faults at once, with their places', async () => {
    const error = await site.failure({
      'a.yaml': `${head}---\nkind: Y\n`,
      'b.yaml': 'a: b: c\n',
      'c.yaml': 'x\n',
    });
    expect(error.code).toBe('OBJECT_INVALID');
    expect(error.message.split('\n')).toEqual([
      'Kustomization/shop/app: 3 faults',
      '  a.yaml:5 (document 2): expected an apiVersion (a string), got none',
      '  b.yaml:1: is not YAML: nested mappings are not allowed in compact mappings',
      '  c.yaml:1 (document 1): expected a Kubernetes object, got other YAML',
    ]);
  });

  it('lists twenty faults and counts the rest', async () => {
    const error = await site.failure({ 'a.yaml': 'x\n---\n'.repeat(30) });
    expect(error.message.split('\n')).toHaveLength(22);
    expect(error.message).toMatch(/and 10 more$/);
  });

  it('refuses one object in two places, and names both', async () => {
    const error = await site.failure({
      'a.yaml': head,
      'b/c.yaml': `${second}---\n${head.replace('v1', 'v2')}`,
    });
    expect(error.code).toBe('OBJECT_DUPLICATE');
    expect(error.message).toBe('b/c.yaml:5 (document 2): X/a is already defined at a.yaml:1 (document 1)');
  });
});

describe('limits of plain YAML', () => {
  const bomb = `a: &a [${'x,'.repeat(9)}x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h']
    .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(',')}]\n`)
    .join('')}`;

  it.each([
    ['aliases that multiply', head + bomb, 'at most 500000 values in a document'],
    [
      'more aliases than a document needs',
      `${head}x: &x 1\ny: [${'*x,'.repeat(10_001)}]\n`,
      'at most 10000 aliases',
    ],
    [
      'lists inside each other',
      `${head}v: ${'['.repeat(200_000)}`,
      'at most 100 maps and lists inside each other',
    ],
    ['maps inside each other', `${head}v: ${'{a: '.repeat(1000)}`, 'at most 100 maps and lists'],
    ['dashes behind each other', `${head}v:\n${'- '.repeat(1000)}a\n`, 'at most 100 maps and lists'],
    ['more documents than a file may have', '---\n'.repeat(100_002), 'at most 100000 documents'],
  ])('stops at %s', async (_what, text, message) => {
    const error = await site.failure({ 'a.yaml': text });
    expect(error.code).toBe('YAML_LIMIT_EXCEEDED');
    expect(error.message).toContain(message);
  });

  it('stops at a large file before it reads it', async () => {
    site.write({ 'a.yaml': '' });
    truncateSync(join(site.root, 'a.yaml'), 32 * 1024 * 1024 + 1);
    const error = await site.failure({});
    expect(error.code).toBe('YAML_LIMIT_EXCEEDED');
    expect(error.message).toBe('a.yaml: expected at most 33554432 bytes, got 33554433');
  });

  it('reads a map with many keys in time that grows with their number', async () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `  k${index}: v`).join('\n');
    expect(Object.keys((await fieldsOf(`data:\n${keys}\n`)) as object)).toEqual(['data']);
  });
});
