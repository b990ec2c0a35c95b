import { describe, expect, it } from 'vitest';
import { SealiftError } from '../core/index.ts';
import { parseConfiguration } from './index.ts';

const source = `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: app
spec:
  url: oci://registry.example/app
  interval: 1m30s
`;

function failureOf(...texts: readonly string[]): SealiftError {
  try {
    parseConfiguration(texts.map((text, at) => ({ path: `file${at}.yaml`, text })));
  } catch (thrown) {
    if (thrown instanceof SealiftError) return thrown;
    throw thrown;
  }
  throw new Error('was accepted');
}

describe('parseConfiguration', () => {
  it('sorts the objects of all documents and files by kind and fills in defaults', () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {a.pub: x}\n';
    const desired = parseConfiguration([
      { path: 'a.yaml', text: `# only a comment\n---\n${source}---\n---\n${secret}` },
      {
        path: 'b.json',
        text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"site","namespace":"edge"},"data":{"a":"b"}}',
      },
    ]);
    expect(desired.sources[0]).toMatchObject({
      metadata: { name: 'app', namespace: 'default' },
      spec: { interval: 90_000, timeout: 60_000, insecure: false, suspend: false },
    });
    expect([desired.secrets, desired.configMaps].map((kind) => kind.length)).toEqual([1, 1]);
  });

  it.each([
    [
      'a kind it does not know',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: x}',
      'file0.yaml:1',
      'expected one of the kinds',
    ],
    [
      'an unknown field, with its line',
      `${source}  intervall: 5m\n`,
      'file0.yaml:8:14',
      'unknown field intervall',
    ],
    [
      'a wrong duration, with its line',
      source.replace('1m30s', 'soon'),
      'file0.yaml:7',
      'expected a duration',
    ],
    ...['oci-layout:registry', 'oci:./registry', 'oci-archive:registry.tar'].map(
      (url): [string, string, string, string] => [
        `${url}, which leads elsewhere from elsewhere`,
        source.replace('oci://registry.example/app', url),
        'file0.yaml:6',
        'spec.url: expected an absolute path',
      ],
    ),
    ['a duration in days', source.replace('1m30s', '90d'), 'file0.yaml:7', 'or 2160h for 90 days'],
    ['a duration without a unit', source.replace('1m30s', '90'), 'file0.yaml:7', 'expected a duration'],
    ['an interval of zero', source.replace('1m30s', '0s'), 'file0.yaml:7', 'expected a duration above zero'],
    ['a URL of another scheme', source.replace('oci://', 'https://'), 'file0.yaml:6', 'expected oci://'],
    [
      'a missing field, at the object that lacks it',
      source.replace('  interval: 1m30s\n', ''),
      'file0.yaml:6',
      'spec.interval',
    ],
    [
      'a missing field of a plain type, as any other error says it',
      source.replace('  url: oci://registry.example/app\n', ''),
      'file0.yaml:6',
      'spec.url: expected string, got nothing',
    ],
    [
      'a field of another type',
      `${source}  insecure: maybe\n`,
      'file0.yaml:8',
      'spec.insecure: expected boolean, got string',
    ],
    [
      'a misspelt field of the metadata',
      source.replace('  name: app', '  name: app\n  namespce: prod'),
      'file0.yaml:5',
      'metadata: unknown field namespce',
    ],
    [
      'a name that is none',
      source.replace('name: app', 'name: App_1'),
      'file0.yaml:4',
      'expected a lower-case DNS name',
    ],
    ['a key given twice', `${source}  interval: 5m\n`, 'file0.yaml:8', 'duplicate key'],
    ['broken YAML', 'a: [', 'file0.yaml:1', 'expected YAML'],
  ])('refuses %s', (_, text, place, detail) => {
    const failure = failureOf(text);
    expect(failure.code).toBe('CONFIG_INVALID');
    expect(failure.message).toContain(place);
    expect(failure.message).toContain(detail);
  });

  it('reports all faults of all files together', () => {
    const failure = failureOf(source.replace('1m30s', 'soon').replace('oci://', 'x://'), 'kind: Pod');
    expect(failure.message).toMatch(
      /3 faults\n {2}file0\.yaml:6:8: .*\n {2}file0\.yaml:7:13: .*\n {2}file1\.yaml:1:1: /,
    );
  });

  it('refuses two objects of one name and names both places', () => {
    expect(failureOf(source, source).message).toContain(
      'file1.yaml:1:1: OCIRepository/default/app is already defined at file0.yaml:1:1',
    );
  });

  it('refuses a configuration without any object: emptiness is never an order to delete', () => {
    const { message } = failureOf('# nothing', '# nothing');
    expect(message).toBe('file0.yaml, file1.yaml: expected an object, got none');
    const many = Array.from({ length: 5 }, () => '# nothing');
    expect(failureOf(...many).message).toContain('file2.yaml and 2 more files: expected an object');
    expect(() => parseConfiguration([])).toThrow('expected an object, got none');
  });

  it('refuses an empty file beside full ones: a file that is just being written is no order to delete', () => {
    expect(failureOf(source, '\n').message).toContain('file1.yaml: expected an object, got an empty file');
    const commented = parseConfiguration([
      { path: 'a.yaml', text: source },
      { path: 'b.yaml', text: '# nothing for now' },
    ]);
    expect(commented.sources).toHaveLength(1);
  });

  it('refuses a password in a URL and does not repeat it', () => {
    const failure = failureOf(source.replace('oci://', 'oci://bob:hunter2@'));
    expect(failure.message).toContain('spec.url: expected no user or password');
    expect(failure.message).not.toContain('hunter2');
  });

  it('refuses aliases that multiply, in no time', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((name, at) => `${name}: &${name} [${`*${'abcdefgh'[at]},`.repeat(10)}]`),
    ];
    const failure = failureOf(bomb.join('\n'));
    expect(failure.message).toContain('aliases');
  });

  it.each(['*hunter2', '|hunter2', '"hunter2', '@hunter2', '{hunter2'])(
    'quotes nothing of broken YAML: %s',
    (value) => {
      const failure = failureOf(
        `apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData:\n  password: ${value}\n`,
      );
      expect(failure.message).not.toContain('hunter2');
    },
  );

  it('quotes no value of a Secret in an error', () => {
    const failure = failureOf(
      'apiVersion: v1\nkind: Secret\nmetadata: {name: key}\ndata: {password: "not base64: hunter2"}\nstringData: {a: 5}\n',
    );
    expect(failure.message).not.toContain('hunter2');
  });
});
