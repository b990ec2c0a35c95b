import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RemoteRepository, readAll, Transport } from 'oci-client-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityToken } from '../fixtures/identity-token.ts';
import { type PrivateSigstore, startPrivateSigstore } from '../fixtures/private-sigstore.ts';
import { CommandBench } from './harness/command-bench.ts';

interface Bundle {
  readonly mediaType: string;
  readonly verificationMaterial: {
    readonly publicKey?: { readonly hint: string };
    readonly certificate?: { readonly rawBytes: string };
    readonly tlogEntries?: readonly { readonly kindVersion: unknown }[];
    readonly timestampVerificationData?: { readonly rfc3161Timestamps?: readonly unknown[] };
  };
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly payloadType: string;
    readonly signatures: readonly { readonly keyid?: string }[];
  };
}

const signType = 'https://sigstore.dev/cosign/sign/v1';
const secret = identityToken({ issuer: 'https://ci.test', subject: 'https://ci.test/team/app' });

let bench: CommandBench;
let sigstore: PrivateSigstore;
let transport: Transport;
beforeAll(async () => {
  bench = await CommandBench.start();
  sigstore = await startPrivateSigstore();
  transport = new Transport();
  await bench.succeed('keygen', '--output-key-prefix', bench.path('one'));
  await bench.succeed('keygen', '--output-key-prefix', bench.path('two'));
});
afterAll(async () => {
  await transport.close();
  await sigstore.close();
  await bench.close();
});

/** Bundles beside an artifact, with the annotations of the referrers that hold them. */
async function bundlesOf(
  reference: string,
): Promise<readonly { bundle: Bundle; statement: Statement; hints: unknown }[]> {
  const [, host = '', repository = '', digest = ''] =
    /oci:\/\/([^/]+)\/([^:@]+).*@(\S+)/.exec(reference) ?? [];
  const store = new RemoteRepository({ host, repository, transport });
  const subject = await store.resolve(digest);
  if (subject.kind !== 'resolved') throw new Error('expected a manifest');
  const found = [];
  for await (const descriptor of store.referrers(subject.descriptor)) {
    const read = async (what: typeof descriptor) =>
      JSON.parse(Buffer.from(await readAll(store.fetch(what), 1e6, 'x')).toString());
    const manifest = await read(descriptor);
    const bundle: Bundle = await read(manifest.layers[0]);
    const statement: Statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString());
    found.push({ bundle, statement, hints: manifest.annotations });
  }
  return found;
}

interface Statement {
  readonly _type: string;
  readonly subject: readonly {
    readonly digest: Readonly<Record<string, string>>;
    readonly annotations?: unknown;
  }[];
  readonly predicateType: string;
  readonly predicate: unknown;
}

const keyless = (...more: readonly string[]) => [
  '--keyless',
  '--fulcio-url',
  sigstore.url,
  '--rekor-url',
  sigstore.url,
  ...more,
];

describe('sealift sign with a key', () => {
  it('signs what a tag names, by its digest, and says so', async () => {
    const reference = await bench.publish('by-tag');
    const out = await bench.succeed('sign', `oci://${bench.host}/by-tag:v1`, '--key', bench.path('one.key'));
    expect(out).toMatch(
      /^signed oci:\/\/\S+\/by-tag@sha256:[0-9a-f]{64}\n {2}by {8}key sha256:[0-9a-f]{64}\n/,
    );
    const [found] = await bundlesOf(reference);
    expect(found?.statement).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: reference.split('@sha256:')[1] }, annotations: {} }],
      predicateType: signType,
      predicate: {},
    });
    const spki = Buffer.from(
      (await readFile(bench.path('one.pub'), 'utf8')).split('\n').slice(1, -2).join(''),
      'base64',
    );
    const hint = createHash('sha256').update(spki).digest('base64');
    expect(found?.bundle.verificationMaterial).toEqual({ publicKey: { hint } });
  });

  it('signs annotations and an expiry with the digest', async () => {
    const reference = await bench.publish('annotated');
    const key = ['--key', bench.path('one.key')];
    await bench.succeed(
      'sign',
      reference,
      ...key,
      '-a',
      'env=prod',
      '-a',
      'a=b=c',
      '--expires',
      '2099-01-31T13:00:00+01:00',
    );
    const [found] = await bundlesOf(reference);
    expect(found?.statement.subject[0]?.annotations).toEqual({
      env: 'prod',
      a: 'b=c',
      'dev.sealift.expires': '2099-01-31T12:00:00Z',
    });
  });

  it('adds to the signatures that are there', async () => {
    const reference = await bench.publish('twice');
    await bench.succeed('sign', reference, '--key', bench.path('one.key'));
    await bench.succeed('sign', reference, '--key', bench.path('two.key'));
    const hints = (await bundlesOf(reference)).map(
      ({ bundle }) => bundle.verificationMaterial.publicKey?.hint,
    );
    expect(new Set(hints).size).toBe(2);
  });

  it('signs in an image layout', async () => {
    await bench.write('tree/a.yaml', 'a: 1\n');
    const layout = `oci-layout:${bench.path('layout')}:v1`;
    await bench.succeed('push', layout, '-f', bench.path('tree'), '--source', 'x', '--revision', 'y');
    const out = await bench.succeed('sign', layout, '--key', bench.path('one.key'), '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({
      reference: expect.stringMatching(/^oci-layout:.*@sha256:/),
      predicateType: signType,
      signedBy: { kind: 'key', keyId: expect.stringMatching(/^sha256:/) },
      logEntries: 0,
      timestamps: 0,
    });
  });

  it('enters the signature of a key in a log and has it timestamped, where that is asked for', async () => {
    const reference = await bench.publish('logged');
    const services = ['--rekor-url', sigstore.url, '--timestamp-server-url', sigstore.url];
    const out = await bench.succeed('sign', reference, '--key', bench.path('one.key'), ...services);
    expect(out).toContain('time      entered in a transparency log, 1 timestamp');
    const [found] = await bundlesOf(reference);
    expect(found?.bundle.verificationMaterial.publicKey?.hint).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    // A name here has to be the one that a verifier gives its key: cosign gives none.
    expect(found?.bundle.dsseEnvelope.signatures.map(({ keyid = '' }) => keyid)).toEqual(['']);
    expect(found?.bundle.verificationMaterial.tlogEntries).toHaveLength(1);
    expect(found?.bundle.verificationMaterial.timestampVerificationData?.rfc3161Timestamps).toHaveLength(1);
  });

  it('asks nobody but the registry without such a wish', async () => {
    const before = sigstore.asked.length;
    const reference = await bench.publish('quiet');
    await bench.succeed('sign', reference, '--key', bench.path('one.key'));
    expect(sigstore.asked.length).toBe(before);
  });
});

describe('sealift sign without a key', () => {
  it('signs as the identity of a token, with certificate, log entry and timestamp', async () => {
    const reference = await bench.publish('keyless');
    const stamped = keyless('--timestamp-server-url', sigstore.url, '--identity-token', secret);
    const out = await bench.succeed('sign', reference, ...stamped, '-a', 'env=prod');
    expect(out).toContain('by        https://ci.test/team/app, by the word of https://ci.test\n');
    const [found] = await bundlesOf(reference);
    if (found === undefined) throw new Error('expected a bundle, got none');
    const { mediaType, verificationMaterial } = found.bundle;
    expect(mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    expect(Object.keys(verificationMaterial).sort()).toEqual([
      'certificate',
      'timestampVerificationData',
      'tlogEntries',
    ]);
    expect(verificationMaterial.tlogEntries?.map(({ kindVersion }) => kindVersion)).toEqual([
      { kind: 'dsse', version: '0.0.1' },
    ]);
    expect(found?.statement).toMatchObject({
      predicateType: signType,
      subject: [{ annotations: { env: 'prod' } }],
    });
    expect(found?.hints).toMatchObject({
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': signType,
    });
  });

  it.each([
    ['a file', async () => ['--identity-token', await bench.write('token', `${secret}\n`)], {}],
    ['SIGSTORE_ID_TOKEN', async () => [], { SIGSTORE_ID_TOKEN: secret }],
  ])('takes the token from %s', async (_where, flags, env) => {
    const reference = await bench.publish('token-from');
    const { code, stderr } = await bench.run(['sign', reference, ...keyless(...(await flags()))], env);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it.each([
    [1, 'dsse', '0.0.1'],
    [2, 'hashedrekord', '0.0.2'],
  ] as const)(
    'takes services from a signing config of cosign, with Rekor v%i',
    async (log, kind, version) => {
      const services = sigstore.signingConfig({ log, timestamp: true });
      const config = await bench.write(`signing-${log}.json`, JSON.stringify(services));
      const reference = await bench.publish(`configured-${log}`);
      const flags = ['--keyless', '--signing-config', config, '--identity-token', secret, '-o', 'json'];
      expect(JSON.parse(await bench.succeed('sign', reference, ...flags))).toMatchObject({
        signedBy: { kind: 'keyless', issuer: 'https://ci.test', subject: 'https://ci.test/team/app' },
        logEntries: 1,
        timestamps: 1,
      });
      const [found] = await bundlesOf(reference);
      expect(found?.bundle.verificationMaterial.tlogEntries).toMatchObject([
        { kindVersion: { kind, version } },
      ]);
    },
  );

  it('signs what is pushed', async () => {
    await bench.write('pushed/a.yaml', 'a: 1\n');
    const what = ['-f', bench.path('pushed'), '--source', 'x', '--revision', 'y'];
    const token = keyless('--identity-token', secret);
    const out = await bench.succeed('push', `oci://${bench.host}/pushed:v1`, ...what, ...token);
    expect(out).toContain('signed\n');
    const [found] = await bundlesOf(/oci:\S+/.exec(out)?.[0] ?? '');
    expect(found?.bundle.verificationMaterial.certificate).toBeDefined();
  });

  const expired = identityToken({ issuer: 'https://ci.test', subject: 'x', validFor: -5 });
  it.each([
    ['no token', () => keyless(), 'IDENTITY_TOKEN_INVALID', 2],
    [
      'no token at all, but text',
      () => keyless('--identity-token', 'my.secret.text'),
      'IDENTITY_TOKEN_INVALID',
      2,
    ],
    ['a token that has expired', () => keyless('--identity-token', expired), 'IDENTITY_TOKEN_INVALID', 2],
    [
      'a token of another issuer',
      () => keyless('--identity-token', secret, '--oidc-issuer', 'https://other.test'),
      'IDENTITY_TOKEN_INVALID',
      2,
    ],
    [
      'a certificate authority that is not there',
      () => [
        '--keyless',
        '--fulcio-url',
        'http://127.0.0.1:9',
        '--rekor-url',
        sigstore.url,
        '--identity-token',
        secret,
      ],
      'SIGNING_FAILED',
      1,
    ],
    [
      'a log that refuses',
      () => [
        '--keyless',
        '--fulcio-url',
        sigstore.url,
        '--rekor-url',
        `${sigstore.url}/no`,
        '--identity-token',
        secret,
      ],
      'SIGNING_FAILED',
      1,
    ],
    [
      'a service that would get the token in the clear',
      () => ['--keyless', '--fulcio-url', 'http://ca.test', '--identity-token', secret],
      'CONFIG_INVALID',
      2,
    ],
    [
      'a key beside it',
      () => keyless('--identity-token', secret, '--key', bench.path('one.key')),
      'USAGE',
      2,
    ],
  ])('refuses %s, attaches nothing and tells no secret', async (_what, flags, code, exit) => {
    const reference = await bench.publish('refused');
    const outcome = await bench.run(['sign', reference, ...flags()]);
    expect(outcome.stderr).toContain(`code: ${code}\n`);
    expect(outcome.code).toBe(exit);
    expect(await bundlesOf(reference)).toEqual([]);
    for (const token of [secret, expired]) {
      for (const piece of [token, ...token.split('.')]) expect(outcome.stderr).not.toContain(piece);
    }
  });
});

describe('sealift attest', () => {
  it('states a predicate as it is written', async () => {
    const reference = await bench.publish('attested');
    const predicate = await bench.write('p.json', '{"n": 12345678901234567890, "s": "é"}\n');
    const flags = [
      '--predicate',
      predicate,
      '--type',
      'https://example.com/p/v1',
      '--key',
      bench.path('one.key'),
    ];
    const out = await bench.succeed('attest', reference, ...flags);
    expect(out).toMatch(/^attested https:\/\/example\.com\/p\/v1 of oci:/);
    const [found] = await bundlesOf(reference);
    expect(Buffer.from(found?.bundle.dsseEnvelope.payload ?? '', 'base64').toString()).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"${reference.split('@sha256:')[1]}"}}],` +
        '"predicateType":"https://example.com/p/v1","predicate":{"n": 12345678901234567890, "s": "é"}\n}',
    );
    expect(found?.hints).toMatchObject({ 'dev.sigstore.bundle.predicateType': 'https://example.com/p/v1' });
  });

  it('states without a key', async () => {
    const reference = await bench.publish('attested-keyless');
    const predicate = await bench.write('q.json', '{}');
    const flags = [
      '--predicate',
      predicate,
      '--type',
      'slsaprovenance1',
      ...keyless('--identity-token', secret),
    ];
    await bench.succeed('attest', reference, ...flags);
    const [found] = await bundlesOf(reference);
    expect(found?.statement).toMatchObject({
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {},
    });
    expect(found?.bundle.verificationMaterial.certificate).toBeDefined();
  });

  it.each([
    ['what is no JSON', 'a: 1', 'cyclonedx', 'PREDICATE_INVALID'],
    ['a key twice', '{"a":1,"a":2}', 'cyclonedx', 'PREDICATE_INVALID'],
    ['the type of a signature', '{}', signType, 'PREDICATE_INVALID'],
    ['a type that is neither name nor URI', '{}', 'nonsense', 'USAGE'],
  ])('refuses %s', async (_what, content, type, code) => {
    const reference = await bench.publish('attest-refused');
    const predicate = await bench.write('refused.json', content);
    const key = ['--key', bench.path('one.key')];
    const outcome = await bench.run(['attest', reference, '--predicate', predicate, '--type', type, ...key]);
    expect(outcome.stderr).toContain(`code: ${code}\n`);
    expect(outcome.code).toBe(2);
    expect(await bundlesOf(reference)).toEqual([]);
  });
});
