import { describe, expect, it } from 'vitest';
import { issue, makeAuthority } from '../../../test/fixtures/certificate-maker.ts';
import { certificatePem } from '../../../test/fixtures/offline-bundles.ts';
import { newSigner } from '../../../test/fixtures/signed-artifact.ts';
import { readCertificates } from './certificate-set.ts';
import { splitPem } from './pem-blocks.ts';

const root = await makeAuthority('root.test');
const below = await makeAuthority('below.test', { above: root });
const leaf = await issue(below);
const [rootPem, belowPem, leafPem] = [root, below, leaf].map(({ der }) => certificatePem(der)) as [
  string,
  string,
  string,
];
const key = newSigner().publicPem;
const read = (text: string) => readCertificates([{ text, subject: 'policy' }], 'policy');

describe('attack 32: PEM with something else in it', () => {
  it('takes roots and intermediates apart, in whatever order', () => {
    for (const text of [rootPem + belowPem, `${belowPem}\n\n${rootPem}`]) {
      expect(read(text)).toEqual({ roots: [root.der], intermediates: [below.der] });
    }
  });

  it.each([
    ['no root', belowPem, 'TRUST_INVALID'],
    ['a signer’s certificate', rootPem + leafPem, 'TRUST_INVALID'],
    ['a key', rootPem + key, 'KEY_INVALID'],
    ['text before it', `hello\n${rootPem}`, 'KEY_INVALID'],
    ['text behind it', `${rootPem}hello`, 'KEY_INVALID'],
    ['nothing', '', 'KEY_INVALID'],
    ['a block without end', rootPem.replace('-----END CERTIFICATE-----', ''), 'KEY_INVALID'],
    [
      'bytes that are no certificate',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'TRUST_INVALID',
    ],
    [
      'bytes behind the certificate',
      certificatePem(Buffer.concat([root.der, Buffer.of(0)])),
      'TRUST_INVALID',
    ],
  ])('refuses %s', (_what, text, code) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses more blocks than anybody keeps', () => {
    expect(splitPem(key.repeat(64), 'policy')).toHaveLength(64);
    expect(() => splitPem(key.repeat(65), 'policy')).toThrow('expected at most 64 PEM blocks, got 65');
  });
});
