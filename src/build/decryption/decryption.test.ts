import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite, FakeExec, type Files, printed } from '../../../test/fixtures/build-site.ts';
import { asked, quietFailure } from '../../../test/fixtures/decrypting.ts';
import {
  binaryFile,
  clearValues,
  dotenvFile,
  iniFile,
  jsonFile,
  macOnlyEncryptedFile,
  patchFile,
  secretYamlFile,
} from '../../../test/fixtures/sops-files.ts';
import { formatRef, refOf, SealiftError } from '../../core/index.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => {
  expect(site.leftovers()).toEqual([]);
  site.close();
});

function entry(name: string, file: string, field: 'data' | 'stringData' = 'data'): Files {
  const value = field === 'data' ? Buffer.from(file).toString('base64') : file;
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, [field]: { [name]: value } };
  return { 's.yaml': JSON.stringify(object) };
}

describe('whole objects', () => {
  it('are decrypted, and carry no metadata of SOPS any more', async () => {
    const { objects } = await site.build({ 'a.yaml': secretYamlFile }, asked());
    expect(objects).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'pass', labels: { tier: 'front' } },
        stringData: { password: 'clear-password-4711', user: 'admin' },
      },
    ]);
  });

  it('say which values nobody may repeat', async () => {
    const { secretTexts } = await site.build({ 'a.yaml': secretYamlFile }, asked());
    expect(secretTexts).toEqual(['clear-password-4711', 'admin']);
  });

  it('stand in files with others, in several documents, one encrypted after the other', async () => {
    const plain = '{apiVersion: v1, kind: Ant, metadata: {name: a}}';
    const second = macOnlyEncryptedFile.replace('name: pass', 'name: second');
    const { objects } = await site.build(
      { 'a.yaml': [secretYamlFile, plain, second].join('\n---\n') },
      asked(),
    );
    expect(objects.map((object) => formatRef(refOf(object)))).toEqual([
      'Secret/pass',
      'Secret/second',
      'Ant/a',
    ]);
    for (const object of objects.slice(0, 2)) {
      expect(object).toMatchObject({ stringData: { password: 'clear-password-4711' } });
    }
  });

  it('are substituted after they were decrypted', async () => {
    const spec = { postBuild: { substitute: { tier: 'back' } } };
    const text = macOnlyEncryptedFile.replace('tier: front', 'tier: ${tier}');
    const { objects } = await site.build({ 'a.yaml': text }, asked({ spec }));
    expect(objects[0]).toMatchObject({ metadata: { labels: { tier: 'back' } } });
  });

  it('stay as they are where they ask for it', async () => {
    const text = secretYamlFile.replace(
      '  labels:',
      '  annotations: {kustomize.toolkit.fluxcd.io/decrypt: disabled}\n  labels:',
    );
    const { objects } = await site.build({ 'a.yaml': text }, asked());
    expect(objects[0]).toHaveProperty('sops');
  });
});

describe('values that are encrypted files', () => {
  it.each([
    ['dotenv', 'app.env', dotenvFile, '# who\nTOKEN=clear-token-4712\nUSER=admin\n'],
    ['INI', 'app.ini', iniFile, '[db]\npassword = clear-ini-4714\n'],
    ['binary', 'blob', binaryFile, 'clear-binary-4715\n'],
    [
      'JSON by the name that the kubelet knows',
      '.dockerconfigjson',
      jsonFile,
      '{\n\t"auths": {\n\t\t"r.example": {\n\t\t\t"auth": "clear-auth-4713"\n\t\t}\n\t},\n\t"n": 1,\n\t"ok": true,\n\t"none": null,\n\t"f": 1.5\n}\n',
    ],
    [
      'YAML',
      'a.yaml',
      patchFile,
      'apiVersion: v1\nkind: Secret\nmetadata:\n    name: base\nstringData:\n    patched: clear-patch-4716\n',
    ],
    [
      'JSON, written as YAML',
      'a.yaml',
      jsonFile,
      'auths:\n    r.example:\n        auth: clear-auth-4713\n"n": 1\nok: true\nnone: null\nf: 1.5\n',
    ],
  ])('are decrypted: %s', async (_what, name, file, clear) => {
    const inData = await site.build(entry(name, file), asked());
    expect(inData.objects).toMatchObject([{ data: { [name]: Buffer.from(clear).toString('base64') } }]);
    const inText = await site.build(entry(name, file, 'stringData'), asked());
    expect(inText.objects).toMatchObject([{ stringData: { [name]: clear } }]);
  });

  it('leave their neighbours alone', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { plain: 'cGxhaW4=', 'a.env': Buffer.from(dotenvFile).toString('base64') },
    };
    const { objects } = await site.build({ 's.yaml': JSON.stringify(object) }, asked());
    expect(objects).toMatchObject([{ data: { plain: 'cGxhaW4=' } }]);
  });

  it('must be what their name says', async () => {
    const error = await quietFailure(site, entry('data.bin', dotenvFile));
    expect(error.code).toBe('DECRYPTION_FAILED');
    expect(error.message).toContain('Secret/s data.bin in s.yaml:1 (document 1): expected a binary file');
  });
});

describe('trees with a kustomization', () => {
  it('have what generators and patches name decrypted in the private copy alone', async () => {
    const seen: Record<string, string> = {};
    const names = ['app.env', 'conf/blob', 'conf/pull', 'patch.yaml', 'plain.txt'];
    const exec = new FakeExec(async ({ directory }) => {
      const { readFile } = await import('node:fs/promises');
      await expect(readFile(`${directory}/base/left.env`)).rejects.toThrow('ENOENT');
      for (const name of names) seen[name] = await readFile(`${directory}/base/${name}`, 'utf8');
      return printed('apiVersion: v1\nkind: Ant\nmetadata: {name: a}\n');
    });
    const generator = {
      name: 's',
      envs: ['app.env'],
      files: ['conf/blob', '.dockerconfigjson=conf/pull', 'plain.txt'],
    };
    const base = { secretGenerator: [generator], patches: [{ path: 'patch.yaml' }] };
    const files = {
      'kustomization.yaml': 'resources: [base]\n',
      'base/kustomization.yaml': JSON.stringify(base),
      'base/app.env': dotenvFile,
      'base/conf/blob': binaryFile,
      'base/conf/pull': jsonFile,
      'base/patch.yaml': patchFile,
      'base/plain.txt': 'nothing to hide',
      'base/left.env': dotenvFile,
    };
    await site.build(files, asked({ exec }));
    expect(seen).toMatchObject({
      'app.env': '# who\nTOKEN=clear-token-4712\nUSER=admin\n',
      'conf/blob': 'clear-binary-4715\n',
      'plain.txt': 'nothing to hide',
    });
    expect(JSON.parse(seen['conf/pull'] ?? '')).toMatchObject({ n: 1 });
    expect(seen['patch.yaml']).toContain('patched: clear-patch-4716');
  });

  it('refuse an object whose file was not verified', async () => {
    const exec = new FakeExec(secretYamlFile);
    const error = await quietFailure(site, { 'kustomization.yaml': 'namePrefix: x-\n' }, asked({ exec }));
    expect(error.code).toBe('DECRYPTION_FAILED');
    expect(error.message).toContain('its MAC is that of no encrypted file of the build');
  });

  it('may change what is not encrypted', async () => {
    const exec = new FakeExec(secretYamlFile.replace('name: pass', 'name: x-pass'));
    const files = { 'kustomization.yaml': 'namePrefix: x-\nresources: [a.yaml]\n', 'a.yaml': secretYamlFile };
    const { objects } = await site.build(files, asked({ exec }));
    expect(objects).toMatchObject([{ metadata: { name: 'x-pass' }, stringData: { user: 'admin' } }]);
  });

  it('are not built from a file that may be encrypted and is too large', async () => {
    const files = {
      'kustomization.yaml': 'secretGenerator: [{name: s, files: [big]}]\n',
      big: Buffer.alloc(5 * 1024 * 1024 + 1),
    };
    const error = await quietFailure(site, files, asked({ exec: new FakeExec('') }));
    expect(error.code).toBe('DECRYPTION_FAILED');
    expect(error.message).toBe(
      'big: expected at most 5242880 bytes in a file that may be encrypted, got more',
    );
  });
});

describe('what was changed after it was encrypted', () => {
  const password = /password: (ENC\[[^\]]*\])/.exec(secretYamlFile)?.[1] ?? '';
  const user = /user: (ENC\[[^\]]*\])/.exec(secretYamlFile)?.[1] ?? '';
  const swapped = secretYamlFile.replace(password, '-').replace(user, password).replace('-\n', `${user}\n`);

  it.each([
    ['a clear value', secretYamlFile.replace('tier: front', 'tier: back'), 'its MAC does not match'],
    ['a value that was taken away', secretYamlFile.replace(/ {2}user: .*\n/, ''), 'its MAC does not match'],
    [
      'a value that was added',
      secretYamlFile.replace('  labels:', '  uid: x\n  labels:'),
      'its MAC does not match',
    ],
    ['a value in clear', secretYamlFile.replace(user, 'clear-password-4711'), 'expected an encrypted value'],
    ['a number in clear', secretYamlFile.replace(user, '1'), '/stringData/user is not encrypted'],
    ['a value at another place', swapped, '/stringData/'],
    ['a broken value', secretYamlFile.replace(',iv:', 'AAAA,iv:'), 'is damaged'],
    ['a short tag', secretYamlFile.replace(/tag:[^,]+/, 'tag:AAAA'), 'is damaged'],
    ['an unknown type', secretYamlFile.replace('type:str', 'type:map'), 'of a type that is not known'],
    ['another time', secretYamlFile.replace(/lastmodified: "\d{4}/, 'lastmodified: "1999'), 'is damaged'],
    ['no keys', secretYamlFile.replace('age:', 'eon:'), 'its metadata names no key'],
    ['two rules', `${secretYamlFile}  encrypted_suffix: x\n`, 'expected one rule'],
    ['a rule that is none', secretYamlFile.replace('^(data|stringData)$', '('), 'no regular expression'],
    ['another rule', secretYamlFile.replace('^(data|stringData)$', '^data$'), 'its MAC does not match'],
    ['a broken data key', secretYamlFile.replace('YWdlLWVu', 'YWdlLWVV'), 'that age encrypted is damaged'],
    [
      'a MAC of clear values, too',
      macOnlyEncryptedFile.replace(/ {2}mac_only_encrypted.*\n/, ''),
      'its MAC does not match',
    ],
  ])('is refused: %s', async (_what, text, message) => {
    expect(text).not.toBe(secretYamlFile);
    const error = await quietFailure(site, { 'dir/a.yaml': text });
    expect(error.code).toBe('DECRYPTION_FAILED');
    expect(error.message).toMatch(/^dir\/a\.yaml/);
    expect(error.message).toContain(message);
  });

  it.each([
    ['YAML', 'a.yaml', secretYamlFile],
    ['dotenv', 'a.env', dotenvFile],
    ['INI', 'a.ini', iniFile],
    ['JSON', 'a.json', jsonFile],
    ['binary', 'a', binaryFile],
  ])(
    'at any place is refused, or holds the same values: %s',
    async (_store, name, file) => {
      const delivered = async (text: string): Promise<string> => {
        const { objects } = await site.build(entry(name, text), asked());
        const data = objects[0]?.['data'] as Readonly<Record<string, string>> | undefined;
        return Buffer.from(data?.[name] ?? '', 'base64').toString();
      };
      const whole = await delivered(file);
      const values = clearValues.filter((value) => whole.includes(value));
      expect(values).toHaveLength(1);
      const edit = fc.record({
        at: fc.nat(file.length - 1),
        drop: fc.nat(3),
        put: fc.string({
          unit: fc.constantFrom('a', 'A', '0', '=', ' ', '\n', ':', '"', '[', '#', '{', '-', '&'),
          maxLength: 3,
        }),
      });
      await fc.assert(
        fc.asyncProperty(edit, async ({ at, drop, put }) => {
          const text = file.slice(0, at) + put + file.slice(at + drop);
          const outcome = await delivered(text).catch((thrown: unknown) => thrown);
          // SOPS protects values; names of keys and comments are anybody's.
          if (!(outcome instanceof SealiftError)) expect(outcome).toContain(values[0]);
        }),
        { numRuns: 25 },
      );
    },
    60_000,
  );

  it('passes where the MAC covers encrypted values alone', async () => {
    const text = macOnlyEncryptedFile.replace('tier: front', 'tier: back');
    const { objects } = await site.build({ 'a.yaml': text }, asked());
    expect(objects[0]).toMatchObject({
      metadata: { labels: { tier: 'back' } },
      stringData: { user: 'admin' },
    });
  });

  it('is one fault among others', async () => {
    const broken = secretYamlFile.replace('tier: front', 'tier: back');
    const error = await quietFailure(site, { 'a.yaml': broken, 'b.yaml': broken, 'c.yaml': 'x: 1\n' });
    expect(error.message).toContain('a.yaml: its MAC does not match');
    expect(error.message).toContain('b.yaml: its MAC does not match');
    expect(error.message).toContain('c.yaml:1');
  });
});
