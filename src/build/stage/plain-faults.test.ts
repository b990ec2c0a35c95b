import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite } from '../../../test/fixtures/build-site.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

const head = 'apiVersion: v1\nkind: X\nmetadata: {name: a}\n';
const second = head.replace('name: a', 'name: b');

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
    const { objects } = await site.build({ 'a.yaml': `${head}data:\n${keys}\n` });
    expect(Object.keys(objects[0]?.['data'] ?? {})).toHaveLength(20_000);
  });
});
