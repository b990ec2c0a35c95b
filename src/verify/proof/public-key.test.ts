import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { newSigner } from '../../../test/fixtures/signed-artifact.ts';
import { SealiftError } from '../../core/index.ts';
import { isSignatureBy, parsePublicKey, publicKeyOf } from './public-key.ts';

const p256 = newSigner('p256');
const rsa = newSigner('rsa2048');
const parse = (pem: string) => parsePublicKey(pem, 'key');
const spki = (key: { publicKey: import('node:crypto').KeyObject }): string =>
  key.publicKey.export({ format: 'pem', type: 'spki' }) as string;

// Whether it is the product of two primes, nobody asks.
const rsaOf = (bits: number, exponent: string): string => {
  const n = Buffer.alloc(bits / 8, 0xff).toString('base64url');
  const e = Buffer.from(exponent, 'hex').toString('base64url');
  return spki({ publicKey: createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' }) });
};

const codeOf = async (act: () => Promise<unknown>): Promise<string> => {
  try {
    await act();
  } catch (error) {
    return error instanceof SealiftError ? error.code : `other: ${error}`;
  }
  return 'nothing thrown';
};

describe('parsePublicKey', () => {
  it.each([
    ['ECDSA P-256', p256.publicPem, 'sha256'],
    ['ECDSA P-384', newSigner('p384').publicPem, 'sha384'],
    ['RSA 2048', rsa.publicPem, 'sha256'],
    ['Ed25519', newSigner('ed25519').publicPem, undefined],
  ])('reads %s with the hash that belongs to it', async (algorithm, pem, hash) => {
    expect(await parse(pem)).toMatchObject({ algorithm, hash });
  });

  it.each([
    ['RSA 2048', rsaOf(2048, '03')],
    ['RSA 8192', rsaOf(8192, '010001')],
  ])('reads %s, the last that counts', async (algorithm, pem) => {
    expect(await parse(pem)).toMatchObject({ algorithm });
  });

  it('names a key by the digest of its SubjectPublicKeyInfo, however it is written', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pkcs1 = publicKey.export({ format: 'pem', type: 'pkcs1' }) as string;
    expect((await parse(p256.publicPem)).id).toBe(p256.id);
    expect((await parse(pkcs1)).id).toBe((await parse(spki({ publicKey }))).id);
    expect((await parse(p256.publicPem.replaceAll('\n', '\r\n'))).id).toBe(p256.id);
  });

  const body = p256.publicPem.split('\n').slice(1, -2).join('');
  const pem = (label: string, content: string): string =>
    `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`;
  const der = Buffer.from(body, 'base64');

  it.each([
    ['nothing', ''],
    ['two keys', p256.publicPem + rsa.publicPem],
    ['text behind the block', `${p256.publicPem}trailing`],
    ['text before the block', `comment\n${p256.publicPem}`],
    ['headers inside the block', pem('PUBLIC KEY', `Proc-Type: 4\n\n${body}`)],
    ['white space inside a line', pem('PUBLIC KEY', `${body.slice(0, 8)} ${body.slice(8)}`)],
    ['the URL alphabet', pem('PUBLIC KEY', body.replaceAll('+', '-').replaceAll('/', '_').replace('A', '-'))],
    ['no padding', pem('PUBLIC KEY', body.replace(/=+$/, '').slice(0, -1))],
    ['different labels', p256.publicPem.replace('END PUBLIC', 'END PRIVATE')],
    ['a private key', p256.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string],
    ['a certificate', pem('CERTIFICATE', body)],
    ['bytes that are no key', pem('PUBLIC KEY', Buffer.from('hello').toString('base64'))],
    ['bytes behind the key', pem('PUBLIC KEY', Buffer.concat([der, Buffer.of(0)]).toString('base64'))],
    ['base64 that ends in the middle', pem('PUBLIC KEY', `${body}=AAAA`)],
    ['base64 that ends twice', pem('PUBLIC KEY', `${body}====`)],
    ['RSA of 1024 bits', rsaOf(1024, '010001')],
    ['RSA of 2040 bits', rsaOf(2040, '010001')],
    ['RSA of 8200 bits', rsaOf(8200, '010001')],
    ['RSA with exponent 1', rsaOf(2048, '01')],
    ['RSA with an even exponent', rsaOf(2048, '010000')],
    ['RSA-PSS', spki(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }))],
    ['secp256k1', spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))],
    ['X25519', spki(generateKeyPairSync('x25519'))],
    ['a megabyte', pem('PUBLIC KEY', 'A'.repeat(1_000_000))],
  ])('refuses %s', async (_what, text) => {
    expect(await codeOf(() => parse(text))).toBe('KEY_INVALID');
  });

  it('does not scan what is longer than any key', async () => {
    await expect(parse(pem('PUBLIC KEY', 'A'.repeat(1_000_000)))).rejects.toThrow(
      'expected at most 65536 characters',
    );
  });

  it('repeats nothing of what it was given', async () => {
    const secret = p256.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const line = secret.split('\n')[1] ?? '';
    expect(line.length).toBeGreaterThan(20);
    await expect(parse(secret)).rejects.toThrow(/^(?!.*MIG).*expected PEM PUBLIC KEY/);
  });
});

describe('isSignatureBy', () => {
  const message = Buffer.from('message');

  it.each(['p256', 'p384', 'rsa2048', 'ed25519'] as const)('accepts what a %s key signed', async (kind) => {
    const signer = newSigner(kind);
    const key = await parse(signer.publicPem);
    expect(isSignatureBy(key, message, signer.sign(message))).toBe(true);
    expect(isSignatureBy(key, Buffer.from('other'), signer.sign(message))).toBe(false);
  });

  it.each([
    ['P-384 with SHA-256', newSigner('p384', 'sha256')],
    ['P-256 with SHA-512', newSigner('p256', 'sha512')],
    ['RSA with SHA-512', newSigner('rsa2048', 'sha512')],
    ['RSA with SHA-1', newSigner('rsa2048', 'sha1')],
  ])('refuses %s: the hash belongs to the key, not to the signature', async (_what, signer) => {
    expect(isSignatureBy(await parse(signer.publicPem), message, signer.sign(message))).toBe(false);
  });

  it('refuses RSA-PSS by a PKCS#1 key', async () => {
    const signature = sign('sha256', message, { key: rsa.privateKey, padding: 6 });
    expect(isSignatureBy(await parse(rsa.publicPem), message, signature)).toBe(false);
  });

  it('refuses an ECDSA signature that is not DER', async () => {
    const signature = sign('sha256', message, { key: p256.privateKey, dsaEncoding: 'ieee-p1363' });
    expect(isSignatureBy(await parse(p256.publicPem), message, signature)).toBe(false);
  });

  it.each([
    ['an empty one', Buffer.alloc(0)],
    ['zeros as r and s', Buffer.from('3006020100020100', 'hex')],
    ['a DER length of 4 GB', Buffer.from('3084ffffffff', 'hex')],
  ])('refuses %s without an exception', async (_what, signature) => {
    expect(isSignatureBy(await parse(p256.publicPem), message, signature)).toBe(false);
  });

  it('refuses bytes behind the signature', async () => {
    const signature = Buffer.concat([p256.sign(message), Buffer.of(0)]);
    expect(isSignatureBy(await parse(p256.publicPem), message, signature)).toBe(false);
  });
});

describe('an Ed25519 key', () => {
  const message = Buffer.from('message');
  const signer = newSigner('ed25519');
  const seed = Buffer.from(String(signer.privateKey.export({ format: 'jwk' }).d), 'base64url');
  const prehashed = ed25519ph.sign(message, seed);

  it('proves what it signed pure and what it signed prehashed, as cosign does', async () => {
    const key = await parse(signer.publicPem);
    expect(isSignatureBy(key, message, signer.sign(message))).toBe(true);
    expect(isSignatureBy(key, message, prehashed)).toBe(true);
  });

  it('proves neither for other bytes, nor for another key', async () => {
    const key = await parse(signer.publicPem);
    expect(isSignatureBy(key, Buffer.from('other'), prehashed)).toBe(false);
    expect(isSignatureBy(await parse(newSigner('ed25519').publicPem), message, prehashed)).toBe(false);
  });

  it('proves the test vector of RFC 8032, section 7.3', async () => {
    const raw = 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf';
    const der = Buffer.from(`302a300506032b6570032100${raw}`, 'hex').toString('base64');
    const signature = Buffer.from(
      '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae4131f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
      'hex',
    );
    const key = await parse(`-----BEGIN PUBLIC KEY-----\n${der}\n-----END PUBLIC KEY-----\n`);
    expect(isSignatureBy(key, Buffer.from('abc'), signature)).toBe(true);
  });

  it('proves the pure variant alone where the other was not loaded', () => {
    const key = publicKeyOf(signer.privateKey, 'key');
    expect(isSignatureBy(key, message, signer.sign(message))).toBe(true);
    expect(isSignatureBy(key, message, prehashed)).toBe(false);
  });

  it.each([
    ['one byte short', prehashed.subarray(0, 63)],
    ['one byte long', Buffer.concat([prehashed, Buffer.of(0)])],
    ['with a second spelling of its scalar', respelled(prehashed)],
  ])('refuses a signature %s', async (_what, signature) => {
    expect(isSignatureBy(await parse(signer.publicPem), message, signature)).toBe(false);
  });
});

/** The same signature with the group's order added to its scalar: what a lenient reader takes as another signature. */
function respelled(signature: Uint8Array): Uint8Array {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const scalar = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order;
  const bytes = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').reverse();
  return Buffer.concat([signature.subarray(0, 32), bytes]);
}
