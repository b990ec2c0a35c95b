import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  generateKeyPair,
  openPrivateKey,
  readIdentityToken,
  readSigningConfig,
  signatureStatement,
  sigstoreSigner,
} from '../../src/verify/index.ts';
import { identityToken } from '../fixtures/identity-token.ts';
import { type PrivateSigstore, type Services, startPrivateSigstore } from '../fixtures/private-sigstore.ts';

const issuer = 'https://ci.test';
const subject = 'https://ci.test/team/app';
const token = identityToken({ issuer, subject });
const { payload } = signatureStatement(`sha256:${'a'.repeat(64)}`, {});

let sigstore: PrivateSigstore;
let byKey: Extract<Parameters<typeof sigstoreSigner>[0], { kind: 'key' }>;

beforeAll(async () => {
  sigstore = await startPrivateSigstore();
  const { privateKey } = await generateKeyPair('');
  byKey = { kind: 'key', privateKey: await openPrivateKey(privateKey, '') };
});
afterAll(() => sigstore.close());

const byIdentity = { kind: 'keyless', identity: readIdentityToken(token, Date.now()) } as const;

function servicesFor(wanted: Services) {
  const content = Buffer.from(JSON.stringify(sigstore.signingConfig(wanted)));
  return readSigningConfig(content, Date.now());
}

/** Kind and version of each log entry of a bundle. */
function entriesOf(bundle: string): readonly string[] {
  const { tlogEntries } = JSON.parse(bundle).verificationMaterial;
  return tlogEntries.map(({ kindVersion: { kind, version } }: { kindVersion: Record<string, string> }) =>
    [kind, version].join(' '),
  );
}

describe('sigstoreSigner', () => {
  it.each([
    [1, 'dsse 0.0.1'],
    [2, 'hashedrekord 0.0.2'],
  ] as const)('signs as an identity, with an entry in Rekor v%i and a timestamp', async (log, entry) => {
    const signed = await sigstoreSigner(byIdentity, servicesFor({ log, timestamp: true })).sign(payload);
    expect(signed).toMatchObject({
      signedBy: { kind: 'keyless', issuer, subject },
      logEntries: 1,
      timestamps: 1,
    });
    expect(entriesOf(signed.bundle)).toEqual([entry]);
  });

  it('signs with a key, and names it as cosign does', async () => {
    const { publicKey } = byKey.privateKey;
    const signed = await sigstoreSigner(byKey, servicesFor({ log: 1, timestamp: true })).sign(payload);
    expect(signed).toMatchObject({
      signedBy: { kind: 'key', keyId: publicKey.id },
      logEntries: 1,
      timestamps: 1,
    });
    const hint = Buffer.from(publicKey.id.replace('sha256:', ''), 'hex').toString('base64');
    expect(JSON.parse(signed.bundle).verificationMaterial.publicKey).toEqual({ hint });
  });

  it.each([
    ['certificate authority', (to: string) => ({ fulcio: to })],
    ['transparency log', (to: string) => ({ logs: [{ url: to, version: 1 as const }] })],
    ['timestamp authority', (to: string) => ({ timestamps: [to] })],
  ])('says that the %s refused, why, and nothing of the token', async (role, change) => {
    const nowhere = `${sigstore.url}/nowhere`;
    const services = { ...servicesFor({ log: 1, timestamp: true }), ...change(nowhere) };
    const thrown = await sigstoreSigner(byIdentity, services)
      .sign(payload)
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      code: 'SIGNING_FAILED',
      message: expect.stringMatching(new RegExp(`^${role} ${nowhere}: .*404`)),
    });
    for (const piece of [token, ...token.split('.')]) expect(String(thrown)).not.toContain(piece);
  });

  it.each([
    ['none', [], /^signing: expected a bundle, got a fault/],
    ['something else', ['bm8gY2VydGlmaWNhdGU='], /^certificate authority: expected a certificate, got /],
  ])('says so where a certificate authority answers with %s', async (_what, certificates, message) => {
    const authority = createServer((_request, response) => {
      response.end(JSON.stringify({ signedCertificateEmbeddedSct: { chain: { certificates } } }));
    }).listen(0, '127.0.0.1');
    await once(authority, 'listening');
    const { port } = authority.address() as AddressInfo;
    const { timestamps } = servicesFor({ timestamp: true });
    const services = { fulcio: `http://127.0.0.1:${port}`, logs: [], timestamps };
    try {
      await expect(sigstoreSigner(byIdentity, services).sign(payload)).rejects.toMatchObject({
        code: 'SIGNING_FAILED',
        message: expect.stringMatching(message),
      });
    } finally {
      authority.closeAllConnections();
      authority.close();
    }
  });
});
