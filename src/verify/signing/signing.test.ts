import { createHash, createPublicKey, scryptSync } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { createMemoryStore, type Descriptor, parseManifest, readAll } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { attachSignature } from '../../../test/fixtures/attach-signature.ts';
import {
  desiredState,
  keyPolicy,
  newSigner,
  ociSource,
  pushArtifact,
} from '../../../test/fixtures/signed-artifact.ts';
import { createVerifyStage, generateKeyPair, isSignedBy, openPrivateKey } from '../index.ts';
import { sealPrivateKey } from './private-key-file.ts';

const never = new AbortController().signal;
const created = new Date('2026-11-22T13:45:22.987Z');
const pair = await generateKeyPair('correct horse');
const privateKey = await openPrivateKey(pair.privateKey, 'correct horse');

const jsonOf = (pem: string) =>
  JSON.parse(Buffer.from(pem.split('\n').slice(1, -2).join(''), 'base64').toString());
const pemOf = (value: unknown, label = 'ENCRYPTED SIGSTORE PRIVATE KEY'): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `-----BEGIN ${label}-----\n${Buffer.from(text).toString('base64')}\n-----END ${label}-----\n`;
};

describe('a key pair', () => {
  it('is ECDSA P-256, the private key encrypted with scrypt and secretbox as cosign does', () => {
    expect(privateKey.publicKey.algorithm).toBe('ECDSA P-256');
    expect(createPublicKey(pair.publicKey).equals(privateKey.publicKey.key)).toBe(true);
    const file = jsonOf(pair.privateKey);
    expect(file).toEqual({
      kdf: { name: 'scrypt', params: { N: 65536, r: 8, p: 1 }, salt: expect.any(String) },
      cipher: { name: 'nacl/secretbox', nonce: expect.any(String) },
      ciphertext: expect.any(String),
    });
    const salt = Buffer.from(file.kdf.salt, 'base64');
    const key = scryptSync('correct horse', salt, 32, { N: 65536, r: 8, p: 1, maxmem: 2 ** 27 });
    const box = xsalsa20poly1305(key, Buffer.from(file.cipher.nonce, 'base64'));
    const pkcs8 = Buffer.from(box.decrypt(Buffer.from(file.ciphertext, 'base64')));
    expect(pkcs8.equals(privateKey.key.export({ format: 'der', type: 'pkcs8' }))).toBe(true);
    expect(pair.privateKey.split('\n').every((line) => line.length <= 64)).toBe(true);
  });

  it('is another one each time, in key, salt and nonce', async () => {
    const other = await generateKeyPair('correct horse');
    const [a, b] = [jsonOf(pair.privateKey), jsonOf(other.privateKey)];
    expect(other.publicKey).not.toBe(pair.publicKey);
    expect(a.kdf.salt).not.toBe(b.kdf.salt);
    expect(a.cipher.nonce).not.toBe(b.cipher.nonce);
  });

  it('opens with its password alone', async () => {
    await expect(openPrivateKey(pair.privateKey, 'wrong')).rejects.toMatchObject({
      code: 'KEY_PASSWORD_WRONG',
    });
    await expect(openPrivateKey(pair.privateKey, '')).rejects.toMatchObject({ code: 'KEY_PASSWORD_WRONG' });
  });

  it('opens with an empty password when it was made so', async () => {
    const { privateKey: sealed, publicKey } = await generateKeyPair('');
    const opened = await openPrivateKey(sealed, '');
    expect(opened.publicKey.key.equals(createPublicKey(publicKey))).toBe(true);
  });

  it('opens under the name that cosign gave such blocks before 2.0', async () => {
    const older = pair.privateKey.replaceAll('SIGSTORE', 'COSIGN');
    expect((await openPrivateKey(older, 'correct horse')).publicKey.id).toBe(privateKey.publicKey.id);
  });
});

describe('a private key file that is refused', () => {
  const file = jsonOf(pair.privateKey);
  const withParams = (params: Record<string, unknown>) => pemOf({ ...file, kdf: { ...file.kdf, params } });

  it.each([
    ['that asks for 128 GiB', withParams({ N: 2 ** 27, r: 8, p: 1 })],
    ['with a large block size', withParams({ N: 65536, r: 1024, p: 1 })],
    ['with much parallelism', withParams({ N: 65536, r: 8, p: 1000 })],
    ['with weak parameters', withParams({ N: 2, r: 8, p: 1 })],
    ['with a cost that is no power of two', withParams({ N: 65535, r: 8, p: 1 })],
    ['with a cost as text', withParams({ N: '65536', r: 8, p: 1 })],
    ['with a missing cost', withParams({ r: 8, p: 1 })],
    ['with another derivation', pemOf({ ...file, kdf: { ...file.kdf, name: 'argon2' } })],
    ['with another cipher', pemOf({ ...file, cipher: { ...file.cipher, name: 'none' } })],
    ['with a short salt', pemOf({ ...file, kdf: { ...file.kdf, salt: 'AAAA' } })],
    ['with a short nonce', pemOf({ ...file, cipher: { ...file.cipher, nonce: 'AAAA' } })],
    ['with an unknown field', pemOf({ ...file, extra: 1 })],
    ['with a duplicate key', pemOf(JSON.stringify(file).replace('{', '{"ciphertext":"",'))],
    ['that is no JSON', pemOf('junk')],
    ['that is a plain key', pemOf(file, 'PRIVATE KEY')],
    ['that is a public key', pair.publicKey],
    ['that is empty', ''],
    ['of a megabyte', pemOf('x'.repeat(1_000_000))],
  ])('%s', async (_what, pem) => {
    await expect(openPrivateKey(pem, 'correct horse')).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });

  it('whose ciphertext was changed', async () => {
    const ciphertext = Buffer.from(file.ciphertext, 'base64');
    ciphertext[20] = (ciphertext[20] ?? 0) ^ 1;
    const pem = pemOf({ ...file, ciphertext: ciphertext.toString('base64') });
    await expect(openPrivateKey(pem, 'correct horse')).rejects.toMatchObject({ code: 'KEY_PASSWORD_WRONG' });
  });

  it.each([
    ['of nothing', ''],
    ['of another length', 'AAAA'],
  ])('with a ciphertext %s', async (_what, ciphertext) => {
    await expect(openPrivateKey(pemOf({ ...file, ciphertext }), 'correct horse')).rejects.toMatchObject({
      code: expect.stringMatching(/^KEY_/),
    });
  });

  it('with a field of another kind, which is named', async () => {
    await expect(openPrivateKey(pemOf({ ...file, ciphertext: 7 }), 'correct horse')).rejects.toMatchObject({
      code: 'KEY_INVALID',
      message: expect.stringContaining('ciphertext'),
    });
  });

  const sealed = (content: Uint8Array) =>
    sealPrivateKey(content, { password: 'x', salt: Buffer.alloc(32), nonce: Buffer.alloc(24) });

  it('that holds something else than a key', async () => {
    await expect(openPrivateKey(await sealed(Buffer.from('junk')), 'x')).rejects.toMatchObject({
      code: 'KEY_INVALID',
    });
  });

  it('that holds an Ed25519 key, which cosign would read as Ed25519ph', async () => {
    const der = newSigner('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
    await expect(openPrivateKey(await sealed(der), 'x')).rejects.toMatchObject({ code: 'KEY_INVALID' });
  });

  it('tells nothing about the password or the key', async () => {
    const error: Error = await openPrivateKey(pair.privateKey, 'hunter2').catch((thrown) => thrown);
    expect(`${error.stack} ${error.cause}`).not.toMatch(/hunter2|correct horse/);
    expect(error.message).not.toContain(file.ciphertext.slice(0, 16));
  });
});

describe('a signature by a key', () => {
  const manifest: Descriptor = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: `sha256:${'ab'.repeat(32)}`,
    size: 625,
    annotations: { 'not.to.be': 'copied' },
  };
  const text = (content: Uint8Array) => JSON.parse(Buffer.from(content).toString());
  const keyId = Buffer.from(privateKey.publicKey.id.slice(7), 'hex').toString('base64');

  /** What was pushed, as it was read back. */
  async function written(annotations: Readonly<Record<string, string>> = {}) {
    const store = createMemoryStore();
    const descriptor = await attachSignature(store, { manifest, privateKey, annotations, created }, never);
    const content = await readAll(store.fetch(descriptor), 65_536, 'referrer');
    const [layer] = text(content).layers;
    return { descriptor, content, layer: await readAll(store.fetch(layer), 65_536, 'bundle') };
  }

  it('is the bundle that cosign 3 writes', async () => {
    const bundle = text((await written()).layer);
    expect(Object.keys(bundle)).toEqual(['mediaType', 'verificationMaterial', 'dsseEnvelope']);
    expect(bundle.mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    expect(bundle.verificationMaterial).toEqual({ publicKey: { hint: keyId } });
    expect(Object.keys(bundle.dsseEnvelope)).toEqual(['payload', 'payloadType', 'signatures']);
    expect(bundle.dsseEnvelope.payloadType).toBe('application/vnd.in-toto+json');
    expect(text(Buffer.from(bundle.dsseEnvelope.payload, 'base64'))).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: 'ab'.repeat(32) }, annotations: {} }],
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      predicate: {},
    });
  });

  it('lies in the referrer that cosign 3 writes', async () => {
    const { descriptor, content, layer } = await written();
    expect(text(content)).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        size: 2,
      },
      layers: [
        {
          mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
          digest: `sha256:${createHash('sha256').update(layer).digest('hex')}`,
          size: layer.byteLength,
        },
      ],
      subject: { mediaType: manifest.mediaType, digest: manifest.digest, size: 625 },
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
        'org.opencontainers.image.created': '2026-11-22T13:45:22Z',
      },
    });
    expect(parseManifest(content, descriptor.mediaType).kind).toBe('image');
  });

  it('signs annotations with the digest', async () => {
    const { layer } = await written({ env: 'prod' });
    const payload = text(Buffer.from(text(layer).dsseEnvelope.payload, 'base64'));
    expect(payload.subject[0].annotations).toEqual({ env: 'prod' });
  });
});

describe('attachStatement', () => {
  it('puts a signature beside a manifest that verification accepts', async () => {
    const store = createMemoryStore();
    const { descriptor: manifest, content } = await pushArtifact(store);
    const evidence = await attachSignature(store, { manifest, privateKey, created }, never);
    const stage = createVerifyStage({ openRepository: () => store });
    const desired = desiredState(keyPolicy('release', [pair.publicKey]));
    const resolved = { revision: 'v1', manifest, content };
    expect(await stage.verify({ source: ociSource(), desired, resolved }, never)).toMatchObject({
      kind: 'accepted',
      signers: [{ keyId: privateKey.publicKey.id, evidence: evidence.digest }],
    });
  });

  it('is seen by who asks whether this key signed already', async () => {
    const store = createMemoryStore();
    const { descriptor: manifest } = await pushArtifact(store);
    const other = await openPrivateKey((await generateKeyPair('x')).privateKey, 'x');
    const signedBy = (key: typeof privateKey) => isSignedBy(store, manifest, key.publicKey, never);
    expect(await signedBy(privateKey)).toBe(false);
    await attachSignature(store, { manifest, privateKey: other, created }, never);
    expect(await signedBy(privateKey)).toBe(false);
    await attachSignature(store, { manifest, privateKey, created }, never);
    expect(await signedBy(privateKey)).toBe(true);
    expect(await signedBy(other)).toBe(true);
    const { descriptor: unsigned } = await pushArtifact(store, 'other');
    expect(await isSignedBy(store, unsigned, privateKey.publicKey, never)).toBe(false);
  });

  it('reports a store that fails as a registry that fails', async () => {
    const store = createMemoryStore();
    const { descriptor: manifest } = await pushArtifact(store);
    const failing = new Proxy(store, {
      get: (target, key) =>
        key === 'push' ? () => Promise.reject(new Error('disk full')) : Reflect.get(target, key),
    });
    await expect(attachSignature(failing, { manifest, privateKey, created }, never)).rejects.toMatchObject({
      name: 'SealiftError',
    });
  });
});
