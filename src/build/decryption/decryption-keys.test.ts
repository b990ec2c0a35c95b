import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BuildSite, FakeExec, failed, printed } from '../../../test/fixtures/build-site.ts';
import { asked, keys, otherKey, quietFailure } from '../../../test/fixtures/decrypting.ts';
import { ageKey, ageRecipient, secretYamlFile } from '../../../test/fixtures/sops-files.ts';

let site: BuildSite;
beforeEach(() => {
  site = new BuildSite();
});
afterEach(() => {
  expect(site.leftovers()).toEqual([]);
  site.close();
});

describe('keys', () => {
  it('that are missing are named by their recipients', async () => {
    const error = await quietFailure(
      site,
      { 'a.yaml': secretYamlFile },
      asked({}, keys({ 'x.agekey': otherKey })),
    );
    expect(error.code).toBe('DECRYPTION_KEY_MISSING');
    expect(error.message).toContain(`a.yaml: is encrypted for age ${ageRecipient}; Secret/shop/keys of`);
  });

  it('may be many, and of them one is enough', async () => {
    const secret = keys({ 'a.agekey': otherKey, 'b.agekey': ageKey });
    expect((await site.build({ 'a.yaml': secretYamlFile }, asked({}, secret))).objects).toHaveLength(1);
  });

  it('of other names are left alone, as in Flux', async () => {
    const error = await quietFailure(site, { 'a.yaml': secretYamlFile }, asked({}, keys({ agekey: ageKey })));
    expect(error.code).toBe('DECRYPTION_KEY_MISSING');
  });

  it('stand in a Secret that has to be there', async () => {
    const error = await quietFailure(site, { 'a.yaml': secretYamlFile }, { ...asked(), desired: [] });
    expect(error.code).toBe('OBJECT_NOT_FOUND');
    expect(error.message).toContain('Secret/shop/keys');
  });

  it('of the site do not serve a delivery that names its own', async () => {
    site.write({ 'site.txt': ageKey });
    const decryption = { ageKeyFile: `${site.root}/site.txt` };
    const error = await quietFailure(site, { 'a.yaml': secretYamlFile }, asked({ decryption }, keys({})));
    expect(error.code).toBe('DECRYPTION_KEY_MISSING');
    const spec = { decryption: { provider: 'sops' } };
    expect((await site.build({ 'a.yaml': secretYamlFile }, { decryption, spec })).objects).toHaveLength(1);
  });

  it.each([
    ['no key at all', 'not a key'],
    ['a typing error', ageKey.replace('Z', 'Y')],
    ['a plugin', 'AGE-PLUGIN-YUBIKEY-1QQQ'],
  ])('that are none are refused without quoting them: %s', async (_what, text) => {
    const error = await quietFailure(
      site,
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
    const error = await quietFailure(site, { 'a.yaml': pgp }, asked({}, keys({ 'a.asc': 'x' })));
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
    const error = await quietFailure(site, { 'a.yaml': vault }, asked(more, keys(material)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it.each([
    ['a credential of several lines', { 'sops.aws-kms': 'aws_access_key_id: "a\\nb"\n' }],
    ['credentials that are no map', { 'sops.azure-kv': '- a\n' }],
  ])('is not started with %s', async (_what, data) => {
    const exec = new FakeExec('');
    const error = await quietFailure(
      site,
      { 'a.yaml': vault },
      asked({ exec, decryption: { sops: process.execPath } }, keys(data)),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(exec.requests).toEqual([]);
  });
});
