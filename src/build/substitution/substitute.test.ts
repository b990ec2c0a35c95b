import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Asked, BuildSite } from '../../../test/fixtures/build-site.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => site.close());

const variables = {
  color: 'green',
  num: '3',
  flag: 'yes',
  text: 'null',
  empty: '',
  map: '{a: b}',
  list: '["x", 2]',
  colon: 'a: b',
  comment: 'foo # bar',
  quote: '"',
  lines: 'a\nb\n',
  big: '9007199254740993',
};

function asked(): Asked {
  return { spec: { postBuild: { substitute: variables } } };
}

/** `spec` of an object of a kind that nobody knows. */
async function specOf(text: string): Promise<unknown> {
  const yaml = `apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: a}\nspec:\n${text}`;
  const { objects } = await site.build({ 'a.yaml': yaml }, asked());
  return objects[0]?.['spec'];
}

describe('a variable in YAML', () => {
  it.each([
    ['alone makes a number', '  v: ${num}\n', { v: 3 }],
    ['alone makes a boolean, by the rules of YAML 1.1', '  v: ${flag}\n', { v: true }],
    ['alone makes null', '  v: ${text}\n  w: ${empty}\n', { v: null, w: null }],
    ['alone makes a map', '  v: ${map}\n', { v: { a: 'b' } }],
    ['alone makes a list', '  v: ${list}\n', { v: ['x', 2] }],
    ['makes an exact number', '  v: ${big}\n', { v: 9_007_199_254_740_993n }],
    ['makes a map behind a dash', '  v:\n  - ${colon}\n', { v: [{ a: 'b' }] }],
    ['ends where a comment begins', '  v: ${comment}\n', { v: 'foo' }],
    ['makes a string with the quotes that Flux advises', '  v: ${quote}${num}${quote}\n', { v: '3' }],
    ['in text makes text', '  v: n=${num}\n', { v: 'n=3' }],
    ['loses its line breaks', '  v: ${lines}\n', { v: 'ab' }],
    ['may be part of a key', '  ${color}-key: 1\n', { 'green-key': 1 }],
    ['keeps quoted text a string', '  v: "${num}"\n  w: \'${flag}\'\n', { v: '3', w: 'yes' }],
    ['is taken as it is in quotes', '  v: "${colon}"\n  w: "${comment}"\n', { v: 'a: b', w: 'foo # bar' }],
    ['keeps a block a string', '  v: |-\n    ${num}\n', { v: '3' }],
    ['keeps quoted text a string behind an alias', '  v: &x "${num}"\n  w: *x\n', { v: '3', w: '3' }],
    [
      'keeps quoted text a string behind a merge key',
      '  v: &x {a: "${num}"}\n  w: {<<: *x}\n',
      { v: { a: '3' }, w: { a: '3' } },
    ],
    [
      'leaves other dollars alone',
      '  v: $color\n  w: $(color)\n  x: ^a$\n',
      { v: '$color', w: '$(color)', x: '^a$' },
    ],
    ['may be escaped', '  v: $${color}\n', { v: '${color}' }],
    ['leaves numbers next to it alone', '  v: 1\n  w: ${num}\n', { v: 1, w: 3 }],
  ])('%s', async (_behaviour, text, spec) => {
    expect(await specOf(text)).toEqual(spec);
  });

  it('makes nothing but strings where the Kubernetes API knows nothing else', async () => {
    const text = [
      'apiVersion: v1',
      'kind: ConfigMap',
      'metadata:',
      '  name: a',
      '  labels:',
      '    n: ${num}',
      '  annotations:',
      '    q: ${quote}${num}${quote}',
      'data:',
      '  n: ${num}',
      '  e: ${empty}',
      '  c: ${colon}',
      '---',
      'apiVersion: apps/v1',
      'kind: Deployment',
      'metadata:',
      '  name: ${num}',
      'spec:',
      '  replicas: ${num}',
      '  template:',
      '    metadata:',
      '      labels:',
      '        v: ${num}',
      '    spec:',
      '      nodeSelector:',
      '        gpu: ${flag}',
      '      containers:',
      '      - args:',
      '        - ${num}',
      '        env:',
      '        - name: N',
      '          value: ${num}',
      '',
    ];
    const { objects } = await site.build({ 'a.yaml': text.join('\n') }, asked());
    expect(objects).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a', labels: { n: '3' }, annotations: { q: '3' } },
        data: { n: '3', e: '', c: 'a: b' },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: '3' },
        spec: {
          replicas: 3,
          template: {
            metadata: { labels: { v: '3' } },
            spec: {
              nodeSelector: { gpu: 'yes' },
              containers: [{ args: ['3'], env: [{ name: 'N', value: '3' }] }],
            },
          },
        },
      },
    ]);
  });
});

const config = (data: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n${data}`;

async function dataOf(data: string, given: Asked): Promise<unknown> {
  const { objects } = await site.build({ 'a.yaml': config(data) }, given);
  return objects[0]?.['data'];
}

describe('where variables come from', () => {
  const configMap = (name: string, data: Readonly<Record<string, string>>): unknown => {
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data };
  };
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'shop' },
    data: { token: Buffer.from('t-0\n').toString('base64') },
    stringData: { both: 'secret' },
  };
  const from = (kind: string, name: string, optional = false): unknown => ({ kind, name, optional });

  it('is substituteFrom in order, the later wins, then substitute', async () => {
    const desired = [
      configMap('one', { a: '1', b: '1', c: '1' }),
      configMap('two', { b: '2', c: '2' }),
      secret,
    ];
    const substituteFrom = [from('ConfigMap', 'one'), from('ConfigMap', 'two'), from('Secret', 's')];
    const given = { spec: { postBuild: { substitute: { c: '3' }, substituteFrom } }, desired };
    const data = '  v: a${a}b${b}c${c} ${token} ${both}\n';
    expect(await dataOf(data, given)).toEqual({ v: 'a1b2c3 t-0 secret' });
  });

  it('is told where it is a Secret, so that nobody repeats its values', async () => {
    const substituteFrom = [from('ConfigMap', 'one'), from('Secret', 's')];
    const given = {
      spec: { postBuild: { substituteFrom } },
      desired: [configMap('one', { c: 'open' }), secret],
    };
    const built = await site.build({ 'a.yaml': config('  v: ${c} ${both}\n') }, given);
    expect(built.secretTexts).toEqual(['secret']);
    expect((await site.build({ 'a.yaml': config('  v: x\n') })).secretTexts).toBeUndefined();
  });

  it('is never another namespace', async () => {
    const elsewhere = { ...secret, metadata: { name: 's', namespace: 'other' } };
    const given = { spec: { postBuild: { substituteFrom: [from('Secret', 's')] } }, desired: [elsewhere] };
    const error = await site.failure({ 'a.yaml': config('  v: x\n') }, given);
    expect(error.code).toBe('OBJECT_NOT_FOUND');
    expect(error.message).toBe(
      'Secret/shop/s: not found in the configuration, but Kustomization/shop/app substitutes from it',
    );
  });

  it('may be absent when it is optional', async () => {
    const given = {
      spec: { postBuild: { substitute: { a: '1' }, substituteFrom: [from('Secret', 'x', true)] } },
    };
    expect(await dataOf('  v: a${a}\n', given)).toEqual({ v: 'a1' });
  });

  it.each(['not-a-name', '1a', 'a.b', ''])('is no place for the name %o', async (name) => {
    const given = {
      spec: { postBuild: { substituteFrom: [from('ConfigMap', 'one')] } },
      desired: [configMap('one', { [name]: 'v' })],
    };
    const error = await site.failure({ 'a.yaml': config('  v: x\n') }, given);
    expect(error.code).toBe('SUBSTITUTION_FAILED');
    expect(error.message).toContain(`ConfigMap/shop/one: expected names of letters, digits and "_"`);
  });
});

describe('what is substituted', () => {
  it('is nothing without a variable, unless the strategy is Always', async () => {
    const data = '  v: x${absent:=d}\n';
    expect(await dataOf(data, { spec: { postBuild: {} } })).toEqual({ v: 'x${absent:=d}' });
    expect(await dataOf(data, { spec: { postBuild: { substituteStrategy: 'Always' } } })).toEqual({
      v: 'xd',
    });
    expect(await dataOf(data, {})).toEqual({ v: 'x${absent:=d}' });
  });

  it.each(['labels', 'annotations'])('is nothing in an object that says so in its %s', async (field) => {
    const mark = `metadata: {name: a, ${field}: {kustomize.toolkit.fluxcd.io/substitute: disabled}}`;
    const text = config('  v: x${color}${absent}\n').replace('metadata: {name: a}', mark);
    const { objects } = await site.build({ 'a.yaml': text }, asked());
    expect(objects[0]?.['data']).toEqual({ v: 'x${color}${absent}' });
  });

  it('may be the name of an object', async () => {
    const text = config('  v: x\n').replace('name: a', 'name: "a-${color}"');
    const { objects } = await site.build({ 'a.yaml': text }, asked());
    expect(objects[0]?.metadata.name).toBe('a-green');
  });

  it('is checked again: two objects may not become one', async () => {
    const text = `${config('')}---\n${config('').replace('name: a', 'name: "${one}"')}`;
    const error = await site.failure(
      { 'a.yaml': text },
      { spec: { postBuild: { substitute: { one: 'a' } } } },
    );
    expect(error.code).toBe('OBJECT_DUPLICATE');
  });
});

describe('a variable that has neither value nor default, where substitution is not strict', () => {
  const text = `${config('  v: x${absent}y\n  w: ${absent:=d}\n')}---\n${config('  v: ${#absent}${none^^}\n').replace('name: a', 'name: b')}`;
  const build = (postBuild: object) =>
    site.build({ 'a.yaml': text }, { spec: { postBuild }, strictSubstitution: false });

  it('leaves nothing, and is told once', async () => {
    const { objects, warnings } = await build({ substitute: { color: 'green' } });
    expect(objects.map((object) => object['data'])).toEqual([{ v: 'xy', w: 'd' }, { v: '0' }]);
    expect(warnings).toEqual([
      'variable "absent" is not set and has no default, it left nothing',
      'variable "none" is not set and has no default, it left nothing',
    ]);
  });

  it('is left alone where the delivery has no variables at all, unless it always substitutes', async () => {
    const [first] = (await build({})).objects;
    expect(first?.['data']).toEqual({ v: 'x${absent}y', w: '${absent:=d}' });
    const [always] = (await build({ substituteStrategy: 'Always' })).objects;
    expect(always?.['data']).toEqual({ v: 'xy', w: 'd' });
  });

  it('does not excuse text that is no expression', async () => {
    const files = { 'a.yaml': config('  v: "${a.b}"\n') };
    const error = await site.failure(files, { ...asked(), strictSubstitution: false });
    expect(error.code).toBe('SUBSTITUTION_FAILED');
  });
});

describe('a substitution that fails', () => {
  it.each([
    [
      'a variable that is not set',
      '  v: x${absent}y\n',
      '/data/v: variable "absent" is not set and has no default',
    ],
    ['text that is no expression', '  v: "${a.b}"\n', '/data/v: expected "}" to end ${a'],
    [
      'two keys that become one',
      '  green: x\n  ${color}: y\n',
      '/data/${color}: the key "${color}" becomes one',
    ],
  ])('names object and place: %s', async (_what, data, message) => {
    const error = await site.failure({ 'a.yaml': config(data) }, asked());
    expect(error.code).toBe('SUBSTITUTION_FAILED');
    expect(error.message).toBe(
      `ConfigMap/a in a.yaml:1 (document 1): ${message}${message.endsWith('one') ? ' that is already there' : ''}`,
    );
  });

  it('never tells the value', async () => {
    const desired = [
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', namespace: 'shop' },
        stringData: { broken: '[hunter2', colon: 'hunter2: x: y' },
      },
    ];
    const given = { spec: { postBuild: { substituteFrom: [{ kind: 'Secret', name: 's' }] } }, desired };
    for (const name of ['broken', 'colon']) {
      const text = `apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec:\n  v: \${${name}}\n`;
      const error = await site.failure({ 'a.yaml': text }, given);
      expect(error.code).toBe('SUBSTITUTION_FAILED');
      expect(error.message).toContain('/spec/v: is no YAML any more after substitution');
      expect(error.message).not.toContain('hunter2');
      expect(String(error.cause ?? '')).not.toContain('hunter2');
    }
  });

  it('is told together with the others', async () => {
    const text = `${config('  v: ${x}\n')}---\n${config('  v: ${y}\n').replace('name: a', 'name: b')}`;
    const error = await site.failure({ 'a.yaml': text }, asked());
    expect(error.message).toContain('2 faults');
    expect(error.message).toContain('"x"');
    expect(error.message).toContain('"y"');
  });
});
