import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { copy, openLayout, RemoteRepository, Transport } from 'oci-client-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { identityToken } from '../fixtures/identity-token.ts';
import { type PrivateSigstore, startPrivateSigstore } from '../fixtures/private-sigstore.ts';
import { CommandBench } from './harness/command-bench.ts';

const issuer = 'https://ci.test';
const subject = 'https://ci.test/team/app';

let bench: CommandBench;
let sigstore: PrivateSigstore;
let root: string;
let reportSchema: z.ZodType;
const signers: Record<string, readonly string[]> = {};

beforeAll(async () => {
  bench = await CommandBench.start();
  sigstore = await startPrivateSigstore();
  root = await bench.write('trusted_root.json', JSON.stringify(sigstore.trustedRoot));
  for (const name of ['one', 'two']) {
    await bench.succeed('keygen', '--output-key-prefix', bench.path(name));
    signers[name] = ['--key', bench.path(`${name}.key`)];
  }
  const urls = [
    '--fulcio-url',
    sigstore.url,
    '--rekor-url',
    sigstore.url,
    '--timestamp-server-url',
    sigstore.url,
  ];
  signers['keyless'] = ['--keyless', ...urls, '--identity-token', identityToken({ issuer, subject })];
  const schema = new URL('../../docs/verification-report.schema.json', import.meta.url);
  reportSchema = z.fromJSONSchema(JSON.parse(await readFile(schema, 'utf8')));
});
afterAll(async () => {
  await sigstore.close();
  await bench.close();
});

async function signed(repository: string, by: string, ...more: readonly string[]): Promise<string> {
  const reference = await bench.publish(repository);
  await bench.succeed('sign', reference, ...(signers[by] ?? []), ...more);
  return reference;
}

interface Report {
  readonly verdict: string;
  readonly code?: string;
  readonly signers: readonly Record<string, unknown>[];
}

/** The report, checked against the schema that is published; its exit code says the same. */
async function report(reference: string, ...options: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await bench.run(['verify', reference, ...options, '-o', 'json']);
  expect(stderr).toBe('');
  const document = reportSchema.parse(JSON.parse(stdout)) as Report;
  expect(code).toBe(document.verdict === 'refused' ? 3 : 0);
  return document;
}

const policy = (name: string, spec: string): string =>
  `apiVersion: sealift.dev/v1alpha1\nkind: VerificationPolicy\nmetadata: {name: ${name}, namespace: edge}\nspec:\n  match: {repositories: ["**"]}\n${spec}`;

const indent = (text: string): string => text.replaceAll(/^/gm, '          ');

async function keyOf(name: string): Promise<string> {
  return `    - name: ${name}\n      key:\n        data: |\n${indent(await readFile(bench.path(`${name}.pub`), 'utf8'))}\n`;
}

describe('sealift verify --key', () => {
  it('accepts what the key signed, and says who, when and what', async () => {
    const reference = await signed('by-key', 'one', '-a', 'env=prod');
    const { code, stdout, stderr } = await bench.run([
      'verify',
      `oci://${bench.host}/by-key:v1`,
      '--key',
      bench.path('one.pub'),
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toBe(reference.replace(':v1@', '@'));
    expect(stdout).toMatch(/signed by options\/key: key sha256:[0-9a-f]{64}\n/);
    expect(stdout).toContain('at a time that nothing proves\n');
    expect(stdout).toContain('stating env=prod\n');
    expect(stdout).toMatch(/\naccepted: the policy holds\n$/);
  });

  it('refuses what another key signed, with exit code 3, and says which', async () => {
    const reference = await signed('by-other', 'two');
    const { code, stdout, stderr } = await bench.run(['verify', reference, '--key', bench.path('one.pub')]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/refused {3}sha256:[0-9a-f]{64}\n +options\/key: SIGNATURE_KEY_UNKNOWN: /);
    expect(stdout).toMatch(/\nrefused: SIGNATURE_KEY_UNKNOWN\n$/);
    expect(stderr).toContain('code: SIGNATURE_KEY_UNKNOWN\n  next: ');
  });

  it('refuses what nobody signed', async () => {
    const reference = await bench.publish('unsigned');
    expect(await report(reference, '--key', bench.path('one.pub'))).toMatchObject({
      verdict: 'refused',
      code: 'SIGNATURE_MISSING',
      found: [],
    });
  });

  it('finds the good signature among others', async () => {
    const reference = await signed('among', 'two');
    await bench.succeed('sign', reference, ...(signers['one'] ?? []));
    expect(await report(reference, '--key', bench.path('one.pub'))).toMatchObject({
      verdict: 'accepted',
      signers: [{ authority: 'options/key', times: [], annotations: {} }],
      policies: [{ holds: true, candidates: [{}, {}] }],
    });
  });

  it('takes no attestation for a signature', async () => {
    const reference = await bench.publish('only-attested');
    const predicate = await bench.write('p.json', '{}');
    await bench.succeed('attest', reference, '--predicate', predicate, ...(signers['one'] ?? []));
    const { code, stdout } = await bench.run(['verify', reference, '--key', bench.path('one.pub')]);
    expect(code).toBe(3);
    expect(stdout).toContain('beside    a statement that it does not ask for\n');
  });

  it('refuses what the signer means no longer', async () => {
    const reference = await signed('expired', 'one', '-a', 'dev.sealift.expires=2020-01-01T00:00:00Z');
    expect(await report(reference, '--key', bench.path('one.pub'))).toMatchObject({
      verdict: 'refused',
      code: 'REVISION_EXPIRED',
    });
    const { stdout } = await bench.run(['verify', reference, '--key', bench.path('one.pub')]);
    expect(stdout).toMatch(/\nrefused: REVISION_EXPIRED: .*2020-01-01T00:00:00Z.*\n$/);
  });
});

describe('sealift verify by identity', () => {
  const by = (...more: readonly string[]) => ['--trusted-root', root, ...more];
  const exactly = ['--certificate-identity', subject, '--certificate-oidc-issuer', issuer];
  let reference: string;
  beforeAll(async () => {
    reference = await signed('keyless', 'keyless');
  });

  it('accepts the identity, and tells by which log and timestamp authority the time is proven', async () => {
    const { code, stdout, stderr } = await bench.run(['verify', reference, ...by(...exactly)]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain(`identity "${subject}" by "${issuer}"\n`);
    expect(stdout).toContain(`: ${subject}, by the word of ${issuer}\n`);
    expect(stdout).toMatch(/at 20\S+Z, proven by log /);
    expect(stdout).toMatch(/at 20\S+Z, proven by timestamp authority /);
  });

  it('gives the same as JSON', async () => {
    expect(await report(reference, ...by(...exactly))).toMatchObject({
      verdict: 'accepted',
      signers: [
        {
          authority: 'options/keyless',
          identity: { issuer, subject },
          times: expect.arrayContaining([
            { by: 'log', operator: expect.any(String), at: expect.stringMatching(/^20.*Z$/) },
          ]),
        },
      ],
    });
  });

  it.each([
    ['a subject by pattern', ['--certificate-identity-regexp', 'https://ci\\.test/team/.*'], 'accepted'],
    ['a pattern that matches a part alone', ['--certificate-identity-regexp', 'team'], 'refused'],
    ['another subject', ['--certificate-identity', 'https://ci.test/team/app2'], 'refused'],
  ])('judges %s', async (_what, options, verdict) => {
    const found = await report(reference, ...by(...options, '--certificate-oidc-issuer', issuer));
    expect(found.verdict).toBe(verdict);
  });

  it('refuses another issuer', async () => {
    const other = [
      '--certificate-identity',
      subject,
      '--certificate-oidc-issuer-regexp',
      'https://other\\..*',
    ];
    expect(await report(reference, ...by(...other))).toMatchObject({
      verdict: 'refused',
      code: 'SIGNATURE_IDENTITY_UNKNOWN',
    });
  });

  it('trusts the public-good instance alone where no root is named', async () => {
    expect((await report(reference, ...exactly)).verdict).toBe('refused');
  });
});

describe('sealift verify --policy', () => {
  it('asks each policy of a directory, and tells which does not hold', async () => {
    const reference = await signed('policies', 'one');
    const [one, two] = [await keyOf('one'), await keyOf('two')];
    await bench.write('policies/a.yaml', policy('first', `  authorities:\n${one}`));
    await bench.write('policies/b.yaml', policy('both', `  require: all\n  authorities:\n${one}${two}`));
    const { code, stdout } = await bench.run(['verify', reference, '--policy', bench.path('policies')]);
    expect(code).toBe(3);
    expect(stdout).toContain('VerificationPolicy/edge/first holds\n');
    expect(stdout).toContain('VerificationPolicy/edge/both does not hold\n');
    expect(stdout).toContain('asks for  2 signatures (bundle or legacy) by each of:\n');
    expect(stdout).toMatch(/missing {3}SIGNATURE_TOO_FEW /);
    await bench.succeed('sign', reference, ...(signers['two'] ?? []));
    await bench.succeed('verify', reference, '--policy', bench.path('policies'));
  });

  it('judges as the site that is named, where a policy asks for an audience', async () => {
    const reference = await signed('addressed', 'one', '-a', 'dev.sealift.audience=harbour-17');
    const written = policy(
      'addressed',
      `  freshness: {audience: [all]}\n  authorities:\n${await keyOf('one')}`,
    );
    const path = await bench.write('addressed.yaml', written);
    expect(await report(reference, '--policy', path)).toMatchObject({ code: 'REVISION_OTHER_AUDIENCE' });
    expect(await report(reference, '--policy', path, '--site-name', 'harbour-17')).toMatchObject({
      verdict: 'accepted',
    });
  });

  it('warns of a policy in mode warn', async () => {
    const reference = await signed('warned', 'one');
    const one = await bench.write('warn/one.yaml', policy('first', `  authorities:\n${await keyOf('one')}`));
    const two = await bench.write(
      'warn/two.yaml',
      policy('second', `  mode: warn\n  authorities:\n${await keyOf('two')}`),
    );
    const { code, stdout } = await bench.run(['verify', reference, '--policy', one, '--policy', two]);
    expect(code).toBe(0);
    expect(stdout).toContain('VerificationPolicy/edge/second (mode warn) does not hold\n');
    expect(stdout).toMatch(/\nwarning: SIGNATURE_KEY_UNKNOWN /);
  });

  it('asks for attestations and their rules', async () => {
    const reference = await signed('provenance', 'one');
    const rule = `      rules: [{cel: 'predicate.level >= 3', message: level 3 or more}]\n`;
    const asked = `  attestations:\n    - name: level\n      predicateType: https://example.test/level\n${rule}`;
    const file = await bench.write(
      'level.yaml',
      policy('level', `  authorities:\n${await keyOf('one')}${asked}`),
    );
    expect(await report(reference, '--policy', file)).toMatchObject({ code: 'ATTESTATION_MISSING' });
    const attest = async (level: number) => {
      const predicate = await bench.write('level.json', JSON.stringify({ level }));
      const what = ['--predicate', predicate, '--type', 'https://example.test/level'];
      await bench.succeed('attest', reference, ...what, ...(signers['one'] ?? []));
    };
    await attest(2);
    expect(await report(reference, '--policy', file)).toMatchObject({ code: 'ATTESTATION_REFUSED' });
    await attest(3);
    const { stdout } = await bench.run(['verify', reference, '--policy', file]);
    expect(stdout).toContain('attested https://example.test/level by level/one: key sha256:');
    expect(stdout).toMatch(/accepted: /);
  });

  it('knows a layout by its absolute path, from wherever it is named', async () => {
    const tree = await bench.write('local-tree/a.yaml', '# local\n');
    const pushed = ['push', 'oci-layout:local:v1', '-f', dirname(tree), '--source', 'x', '--revision', 'y'];
    await bench.succeed(...pushed, '--sign-key', bench.path('one.key'));
    const local = policy('local', `  authorities:\n${await keyOf('one')}`).replace('**', bench.path('local'));
    const file = await bench.write('local.yaml', local);
    for (const reference of ['oci-layout:local:v1', 'oci:./tmp/../local:v1', `oci:${bench.path('local')}:v1`])
      expect(await report(reference, '--policy', file)).toMatchObject({ verdict: 'accepted' });
  });

  it('refuses what no policy is about', async () => {
    const reference = await signed('unmatched', 'one');
    const elsewhere = policy('elsewhere', `  authorities:\n${await keyOf('one')}`).replace(
      '"**"',
      '"ghcr.io/**"',
    );
    const file = await bench.write('elsewhere.yaml', elsewhere);
    const { stdout } = await bench.run(['verify', reference, '--policy', file]);
    expect(stdout).toContain('found     not looked for: ');
    expect(await report(reference, '--policy', file)).toMatchObject({
      code: 'POLICY_NO_MATCH',
      policies: [],
    });
  });

  it('judges as a source of the configuration, with its spec.verify', async () => {
    const reference = await signed('as-source', 'one');
    const pub = Buffer.from(await readFile(bench.path('two.pub'), 'utf8')).toString('base64');
    const url = `oci://${bench.host}/as-source`;
    await bench.write('site/policy.yaml', policy('first', `  authorities:\n${await keyOf('one')}`));
    await bench.write(
      'site/source.yaml',
      `apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: app, namespace: edge}\nspec: {url: "${url}", interval: 1m, verify: {provider: cosign, secretRef: {name: keys}}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: edge}\ndata: {two.pub: ${pub}}\n`,
    );
    const site = ['--policy', bench.path('site')];
    expect(await report(reference, ...site)).toMatchObject({ verdict: 'accepted' });
    expect(await report(reference, ...site, '--source', 'edge/app')).toMatchObject({
      verdict: 'refused',
      policies: [
        { name: 'VerificationPolicy/edge/first', holds: true },
        { name: 'spec.verify', holds: false },
      ],
    });
  });
});

describe('what sealift verify reads', () => {
  it('is an image layout as well, or one in a tar', async () => {
    const reference = await signed('copied', 'one');
    const [, digest = ''] = reference.split('@');
    const layout = await openLayout(bench.path('copied'));
    const transport = new Transport();
    const from = new RemoteRepository({ host: bench.host, repository: 'copied', transport });
    await copy(from, layout.repository(), 'v1', { referrers: true } as never);
    await transport.close();
    const key = ['--key', bench.path('one.pub')];
    expect(await report(`oci:${bench.path('copied')}:v1`, ...key)).toMatchObject({
      verdict: 'accepted',
      digest,
    });
    await bench.tar('copied', 'copied.tar');
    expect(await report(`oci-archive:${bench.path('copied.tar')}:v1`, ...key, '--offline')).toMatchObject({
      verdict: 'accepted',
      digest,
    });
  });
});

describe('sealift verify refuses the usage', () => {
  it.each([
    ['without a policy, key or identity', []],
    ['with a key and an identity', ['--key', 'x.pub', '--certificate-identity', 'x']],
    ['with an identity and no issuer', ['--certificate-identity', 'x']],
    ['with an issuer and no identity', ['--certificate-oidc-issuer', 'https://x.test']],
    ['with an unknown output', ['--key', 'x.pub', '-o', 'yaml']],
    ['with a pattern that is none', ['--certificate-identity-regexp', '(', '--certificate-oidc-issuer', 'x']],
    ['with a key that is not there', ['--key', '/nowhere.pub']],
  ])('%s, before any registry is asked', async (_what, options) => {
    const nobody = 'oci://127.0.0.1:9/a/b:v1';
    const { code, stdout, stderr } = await bench.run(['verify', nobody, ...options]);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: /);
    expect(code).toBe(2);
  });

  it('tells a registry that is away from a refusal', async () => {
    const outcome = await bench.run(['verify', 'oci://127.0.0.1:9/a/b:v1', '--key', bench.path('one.pub')]);
    expect(outcome.stderr).toContain('code: REGISTRY_UNREACHABLE\n');
    expect(outcome.code).toBe(1);
  });
});
