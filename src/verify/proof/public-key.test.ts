import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newSigner } from '../../../test/fixtures/signed-artifact.ts';
import { SealiftError } from '../../core/index.ts';
import { isSignatureBy, parsePublicKey } from './public-key.ts';

const p256 = newSigner('p256');
const rsa = newSigner('rsa2048');
const parse = (pem: string) => parsePublicKey(pem, 'key');
const spki = (key: { publicKey: import('node:crypto').KeyObject }): string =>
  key.publicKey.export({ format: 'pem', type: 'spki' }) as string;

const codeOf = (act: () => unknown): string => {
  try {
    act();
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
  ])('reads %s with the hash that belongs to it', (algorithm, pem, hash) => {
    expect(parse(pem)).toMatchObject({ algorithm, hash });
  });

  it('names a key by the digest of its SubjectPublicKeyInfo, however it is written', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pkcs1 = publicKey.export({ format: 'pem', type: 'pkcs1' }) as string;
    expect(parse(p256.publicPem).id).toBe(p256.id);
    expect(parse(pkcs1).id).toBe(parse(spki({ publicKey })).id);
    expect(parse(p256.publicPem.replaceAll('\n', '\r\n')).id).toBe(p256.id);
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
    ['RSA of 1024 bits', spki(generateKeyPairSync('rsa', { modulusLength: 1024 }))],
    ['RSA-PSS', spki(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }))],
    ['secp256k1', spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))],
    ['X25519', spki(generateKeyPairSync('x25519'))],
    ['a megabyte', pem('PUBLIC KEY', 'A'.repeat(1_000_000))],
  ])('refuses %s', (_what, text) => {
    expect(codeOf(() => parse(text))).toBe('KEY_INVALID');
  });

  it('does not scan what is longer than any key', () => {
    expect(() => parse(pem('PUBLIC KEY', 'A'.repeat(1_000_000)))).toThrow(
      'expected at most 65536 characters',
    );
  });

  it('repeats nothing of what it was given', () => {
    const secret = p256.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const line = secret.split('\n')[1] ?? '';
    expect(line.length).toBeGreaterThan(20);
    expect(() => parse(secret)).toThrow(/^(?!.*MIG).*expected PEM PUBLIC KEY/);
  });
});

describe('isSignatureBy', () => {
  const message = Buffer.from('message');

  it.each(['p256', 'p384', 'rsa2048', 'ed25519'] as const)('accepts what a %s key signed', (kind) => {
    const signer = newSigner(kind);
    const key = parse(signer.publicPem);
    expect(isSignatureBy(key, message, signer.sign(message))).toBe(true);
    expect(isSignatureBy(key, Buffer.from('other'), signer.sign(message))).toBe(false);
  });

  it.each([
    ['P-384 with SHA-256', newSigner('p384', 'sha256')],
    ['P-256 with SHA-512', newSigner('p256', 'sha512')],
    ['RSA with SHA-512', newSigner('rsa2048', 'sha512')],
    ['RSA with SHA-1', newSigner('rsa2048', 'sha1')],
  ])('refuses %s: the hash belongs to the key, not to the signature', (_what, signer) => {
    expect(isSignatureBy(parse(signer.publicPem), message, signer.sign(message))).toBe(false);
  });

  it('refuses RSA-PSS by a PKCS#1 key', () => {
    const signature = sign('sha256', message, { key: rsa.privateKey, padding: 6 });
    expect(isSignatureBy(parse(rsa.publicPem), message, signature)).toBe(false);
  });

  it('refuses an ECDSA signature that is not DER', () => {
    const signature = sign('sha256', message, { key: p256.privateKey, dsaEncoding: 'ieee-p1363' });
    expect(isSignatureBy(parse(p256.publicPem), message, signature)).toBe(false);
  });

  it.each([
    ['an empty one', Buffer.alloc(0)],
    ['zeros as r and s', Buffer.from('3006020100020100', 'hex')],
    ['a DER length of 4 GB', Buffer.from('3084ffffffff', 'hex')],
  ])('refuses %s without an exception', (_what, signature) => {
    expect(isSignatureBy(parse(p256.publicPem), message, signature)).toBe(false);
  });

  it('refuses bytes behind the signature', () => {
    const signature = Buffer.concat([p256.sign(message), Buffer.of(0)]);
    expect(isSignatureBy(parse(p256.publicPem), message, signature)).toBe(false);
  });
});
