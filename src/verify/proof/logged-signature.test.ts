import { describe, expect, it } from 'vitest';
import { newKeyPair } from '../../../test/fixtures/offline-sigstore.ts';
import { requireSignerOf } from './logged-signature.ts';
import { publicKeyOf } from './public-key.ts';

const { publicKey } = newKeyPair();
const signer = { key: publicKeyOf(publicKey, 'test') };
const spki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const pem = Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })).toString('base64');
const logId = Buffer.alloc(32);

const judged = (kind: string, spec: unknown): string => {
  try {
    requireSignerOf({ logId, kind, body: { spec } }, signer);
    return 'named';
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? `${thrown.code}: ${thrown.message}` : 'a crash';
  }
};

const version2 = (verifier: object): unknown => ({ hashedRekordV002: { signature: { verifier } } });

describe('a refusal', () => {
  it('says whom an entry should name, and which kinds of entries there are', () => {
    const other = newKeyPair().publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const spec = version2({ publicKey: { rawBytes: other } });
    expect(judged('hashedrekord/0.0.2', spec)).toContain(
      `names the key ${signer.key.id}, got one for another`,
    );
    expect(judged('rekord/0.0.1', {})).toContain(
      'expected a log entry of a kind hashedrekord/0.0.1, dsse/0.0.1',
    );
  });
});

describe('attack 01: the signer whom an entry names', () => {
  it.each<[string, string, unknown]>([
    ['hashedrekord 0.0.1', 'hashedrekord/0.0.1', { signature: { publicKey: { content: pem } } }],
    ['dsse 0.0.1', 'dsse/0.0.1', { signatures: [{ verifier: pem }] }],
    ['intoto 0.0.2', 'intoto/0.0.2', { content: { envelope: { signatures: [{ publicKey: pem }] } } }],
    ['hashedrekord 0.0.2', 'hashedrekord/0.0.2', version2({ publicKey: { rawBytes: spki } })],
  ])('is found in %s', (_, kind, spec) => {
    expect(judged(kind, spec)).toBe('named');
  });

  it.each<[string, string, unknown]>([
    ['nobody', 'dsse/0.0.1', { signatures: [] }],
    ['two', 'dsse/0.0.1', { signatures: [{ verifier: pem }, { verifier: pem }] }],
    ['a key as a certificate', 'hashedrekord/0.0.2', version2({ x509Certificate: { rawBytes: 'AAAA' } })],
    [
      'both a key and a certificate',
      'hashedrekord/0.0.2',
      version2({ publicKey: { rawBytes: spki }, x509Certificate: { rawBytes: spki } }),
    ],
    ['neither', 'hashedrekord/0.0.2', version2({})],
    ['what is no base64', 'dsse/0.0.1', { signatures: [{ verifier: '!' }] }],
    ['what is no PEM', 'dsse/0.0.1', { signatures: [{ verifier: 'AAAA' }] }],
    [
      'the key twice',
      'dsse/0.0.1',
      {
        signatures: [{ verifier: Buffer.from(`${Buffer.from(pem, 'base64')}`.repeat(2)).toString('base64') }],
      },
    ],
    ['in another place', 'dsse/0.0.1', { signature: { publicKey: { content: pem } } }],
    ['by a kind that is not known', 'rekord/0.0.1', { signature: { publicKey: { content: pem } } }],
    ['by a kind that every object has', 'toString', {}],
  ])('is refused when it is %s', (_, kind, spec) => {
    expect(judged(kind, spec)).toMatch(/^LOG_ENTRY_INVALID: [^R]/);
  });
});
