import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Asked,
  BuildSite,
  FakeExec,
  type Files,
  failed,
  printed,
} from '../../../test/fixtures/build-site.ts';
import {
  ageKey,
  ageRecipient,
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

const otherKey = 'AGE-SECRET-KEY-1RH87A5Z54ZGUR9S0AS3R6WHFSEFNPLYMAKF5Z2CEU7R06VRJ0A3Q7242AM';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => {
  expect(site.leftovers()).toEqual([]);
  site.close();
});

function keys(
  stringData: Readonly<Record<string, string>> = { 'site.agekey': `# ours\n${ageKey}\n` },
): unknown {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'shop' }, stringData };
}

function asked(more: Asked = {}, secret = keys()): Asked {
  const spec = { decryption: { provider: 'sops', secretRef: { name: 'keys' } }, ...more.spec };
  return { desired: [secret], ...more, spec };
}

async function failure(files: Files, more: Asked = asked()): Promise<SealiftError> {
  const error = await site.failure(files, more);
  const said = JSON.stringify([error.message, error.stack, String(error.cause)]);
  for (const secret of [...clearValues, ageKey, otherKey, 'AGE-SECRET-KEY']) {
    if (secret !== 'AGE-SECRET-KEY' || error.code !== 'CONFIG_INVALID') expect(said).not.toContain(secret);
  }
  return error;
}

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
    const error = await failure(entry('data.bin', dotenvFile));
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
    const error = await failure({ 'kustomization.yaml': 'namePrefix: x-\n' }, asked({ exec }));
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
    const error = await failure(files, asked({ exec: new FakeExec('') }));
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
    const error = await failure({ 'dir/a.yaml': text });
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
    const error = await failure({ 'a.yaml': broken, 'b.yaml': broken, 'c.yaml': 'x: 1\n' });
    expect(error.message).toContain('a.yaml: its MAC does not match');
    expect(error.message).toContain('b.yaml: its MAC does not match');
    expect(error.message).toContain('c.yaml:1');
  });
});

describe('keys', () => {
  it('that are missing are named by their recipients', async () => {
    const error = await failure({ 'a.yaml': secretYamlFile }, asked({}, keys({ 'x.agekey': otherKey })));
    expect(error.code).toBe('DECRYPTION_KEY_MISSING');
    expect(error.message).toContain(`a.yaml: is encrypted for age ${ageRecipient}; Secret/shop/keys of`);
  });

  it('may be many, and of them one is enough', async () => {
    const secret = keys({ 'a.agekey': otherKey, 'b.agekey': ageKey });
    expect((await site.build({ 'a.yaml': secretYamlFile }, asked({}, secret))).objects).toHaveLength(1);
  });

  it('of other names are left alone, as in Flux', async () => {
    const error = await failure({ 'a.yaml': secretYamlFile }, asked({}, keys({ agekey: ageKey })));
    expect(error.code).toBe('DECRYPTION_KEY_MISSING');
  });

  it('stand in a Secret that has to be there', async () => {
    const error = await failure({ 'a.yaml': secretYamlFile }, { ...asked(), desired: [] });
    expect(error.code).toBe('OBJECT_NOT_FOUND');
    expect(error.message).toContain('Secret/shop/keys');
  });

  it('of the site do not serve a delivery that names its own', async () => {
    site.write({ 'site.txt': ageKey });
    const decryption = { ageKeyFile: `${site.root}/site.txt` };
    const error = await failure({ 'a.yaml': secretYamlFile }, asked({ decryption }, keys({})));
    expect(error.code).toBe('DECRYPTION_KEY_MISSING');
    const spec = { decryption: { provider: 'sops' } };
    expect((await site.build({ 'a.yaml': secretYamlFile }, { decryption, spec })).objects).toHaveLength(1);
  });

  it.each([
    ['no key at all', 'not a key'],
    ['a typing error', ageKey.replace('Z', 'Y')],
    ['a plugin', 'AGE-PLUGIN-YUBIKEY-1QQQ'],
  ])('that are none are refused without quoting them: %s', async (_what, text) => {
    const error = await failure(
      { 'a.yaml': secretYamlFile },
      asked({}, keys({ 'a.agekey': `# x\n${text}\n` })),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('Secret/shop/keys a.agekey:2: expected an age identity');
    expect(error.message).not.toContain(text);
  });

  it('that take the sops program say so where there is none', async () => {
    const pgp = secretYamlFile.replace(
      / {2}age:\n[\s\S]*?(?= {2}[a-z_]+:)/,
      '  pgp:\n    - {fp: ABCD, enc: x}\n',
    );
    const error = await failure({ 'a.yaml': pgp }, asked({}, keys({ 'a.asc': 'x' })));
    expect(error.code).toBe('SOPS_NOT_FOUND');
    expect(error.message).toContain('is encrypted for PGP ABCD, which takes the sops program');
  });
});

describe('the sops program', () => {
  const vault = secretYamlFile.replace(
    / {2}age:\n[\s\S]*?(?= {2}[a-z_]+:)/,
    '  hc_vault:\n    - {vault_address: "https://v.example", engine_path: transit, key_name: k, enc: x}\n',
  );
  const clear = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pass' },
    stringData: { user: 'admin' },
  });
  const material = {
    'sops.vault-token': 'clear-token-4712\n',
    'sops.aws-kms': 'aws_access_key_id: clear-password-4711\naws_secret_access_key: b\n',
    'sops.gcp-kms': '{"type": "service_account"}',
    'sops.azure-kv': 'tenantId: t\nclientId: c\nclientCertificate: pem\n',
    'a.agekey': otherKey,
  };

  it('gets its keys in files of a private directory that is gone afterwards', async () => {
    const { readdirSync, readFileSync, statSync } = await import('node:fs');
    const seen: unknown[] = [];
    const exec = new FakeExec((request) => {
      const { args, home, environment = {} } = request;
      const names = readdirSync(home).map((name) => name.replace(/^encrypted-.*/, 'encrypted'));
      seen.push(names.sort(), statSync(home).mode & 0o777, Object.keys(environment).sort());
      expect(readFileSync(`${home}/.vault-token`, 'utf8')).toBe('clear-token-4712');
      expect(readFileSync(`${home}/aws-credentials`, 'utf8')).toBe(
        '[default]\naws_access_key_id = clear-password-4711\naws_secret_access_key = b\n',
      );
      expect(JSON.stringify([args, environment])).not.toContain('clear-');
      return printed(args.includes('--ignore-mac') ? clear : 'ok');
    });
    const decryption = { sops: process.execPath, environment: { HTTPS_PROXY: 'http://p' } };
    const { objects } = await site.build({ 'a.yaml': vault }, asked({ exec, decryption }, keys(material)));
    expect(objects).toMatchObject([{ stringData: { user: 'admin' } }]);
    expect(exec.requests.map(({ args }) => args.slice(0, -1))).toEqual([
      ['decrypt', '--input-type', 'yaml', '--output-type', 'yaml'],
      ['decrypt', '--input-type', 'json', '--output-type', 'json', '--ignore-mac'],
    ]);
    expect(seen.slice(0, 3)).toEqual([
      ['.vault-token', 'aws-credentials', 'azure.pem', 'encrypted', 'gcp.json', 'keys.txt', 'sops.yaml'],
      0o700,
      [
        'AWS_SHARED_CREDENTIALS_FILE',
        'AZURE_CLIENT_CERTIFICATE_PATH',
        'AZURE_CLIENT_ID',
        'AZURE_TENANT_ID',
        'GNUPGHOME',
        'GOOGLE_APPLICATION_CREDENTIALS',
        'HTTPS_PROXY',
        'SOPS_AGE_KEY_FILE',
        'SOPS_CONFIG',
      ],
    ]);
  });

  it.each([
    [
      'Failed to get the data key\n    - | permission denied\n',
      'DECRYPTION_KEY_MISSING',
      'permission denied',
    ],
    ['MAC mismatch. File has clear-password-4711\n', 'DECRYPTION_FAILED', 'its MAC does not match'],
    ['Input string clear-password-4711 does not match\n', 'DECRYPTION_FAILED', 'could not decrypt it'],
  ])('is quoted only where it speaks of keys: %s', async (stderr, code, message) => {
    const more = { exec: new FakeExec(() => failed(stderr)), decryption: { sops: process.execPath } };
    const error = await failure({ 'a.yaml': vault }, asked(more, keys(material)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it.each([
    ['a credential of several lines', { 'sops.aws-kms': 'aws_access_key_id: "a\\nb"\n' }],
    ['credentials that are no map', { 'sops.azure-kv': '- a\n' }],
  ])('is not started with %s', async (_what, data) => {
    const exec = new FakeExec('');
    const error = await failure(
      { 'a.yaml': vault },
      asked({ exec, decryption: { sops: process.execPath } }, keys(data)),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(exec.requests).toEqual([]);
  });
});
