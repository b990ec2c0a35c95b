import { describe, expect, it } from 'vitest';
import {
  authority,
  type CertificateOptions,
  der,
  extendedKeyUsage,
  issue,
  keyUsage,
  makeAuthority,
  names,
  oid,
  oids,
  serverAuth,
  utf8,
} from '../../../test/fixtures/certificate-maker.ts';
import { keylessSite, minute } from '../../../test/fixtures/keyless-site.ts';
import { offlineSigstore } from '../../../test/fixtures/offline-sigstore.ts';

const { sigstore, shortLived, logged, judged, changedRoot, at } = await keylessSite();

describe('certificates', () => {
  it('attack 13: an authority that had expired when the certificate signed is refused', async () => {
    const expired = await makeAuthority('old.test', {
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2021-01-01'),
    });
    const trustedRoot = await changedRoot((json) => {
      const certificates = [{ rawBytes: expired.der.toString('base64') }];
      json.certificateAuthorities.push({ uri: 'old', certChain: { certificates } });
    });
    const signer = await issue(expired, { log: sigstore.ctLog });
    expect(judged(await logged(signer), { trustedRoot })).toBe('CERTIFICATE_INVALID');
  });

  it('attack 22: an authority that only the evidence names is refused', async () => {
    const own = await makeAuthority('fulcio.test');
    const signer = await issue(own, { log: sigstore.ctLog });
    expect(judged(await logged(signer))).toBe('CERTIFICATE_INVALID');
  });

  it('attack 33: a certificate without proof of its logging is refused', async () => {
    const { log: _, ...options } = { log: undefined, notBefore: new Date(at - minute) };
    expect(judged(await logged(await issue(sigstore.fulcio, options)))).toBe('CERTIFICATE_INVALID');
  });

  it('attack 33: a certificate that an unknown CT log recorded is refused', async () => {
    const stranger = await offlineSigstore();
    expect(judged(await logged(await shortLived({ log: stranger.ctLog })))).toBe('CERTIFICATE_INVALID');
  });

  it('attack 33: a certificate that is its own issuer is refused', async () => {
    const own = await makeAuthority('self.test', {
      log: sigstore.ctLog,
      extensions: {
        [oids.basicConstraints]: null,
        [oids.keyUsage]: { critical: true, value: keyUsage(0x80) },
        [oids.extendedKeyUsage]: { value: extendedKeyUsage('1.3.6.1.5.5.7.3.3') },
        [oids.alternativeName]: { value: names(['email', 'jo@example.test']) },
        [oids.issuer]: { value: utf8('https://issuer.test') },
      },
    });
    expect(judged(await logged(own))).toBe('CERTIFICATE_INVALID');
  });

  it.each<[string, NonNullable<CertificateOptions['extensions']>]>([
    ['an authority', { [oids.basicConstraints]: { critical: true, value: authority() } }],
    ['for servers', { [oids.extendedKeyUsage]: { value: extendedKeyUsage(serverAuth) } }],
    ['for any use', { [oids.extendedKeyUsage]: { value: extendedKeyUsage('2.5.29.37.0') } }],
    ['without extended key usage', { [oids.extendedKeyUsage]: null }],
    ['with a key for agreement only', { [oids.keyUsage]: { critical: true, value: keyUsage(0x08) } }],
    ['with an unknown critical extension', { '1.2.3.4': { critical: true, value: utf8('?') } }],
    [
      'with name constraints that are critical',
      { [oids.nameConstraints]: { critical: true, value: utf8('?') } },
    ],
    ['with a DNS name alone', { [oids.alternativeName]: { value: names(['dns', 'jo.example.test']) } }],
    ['without name', { [oids.alternativeName]: null }],
    [
      'with two names, of which a rule would see one',
      { [oids.alternativeName]: { value: names(['email', 'jo@example.test'], ['uri', 'https://x.test']) } },
    ],
    [
      'with a name that ends early for some',
      { [oids.alternativeName]: { value: names(['email', 'jo@example.test\0.evil']) } },
    ],
    [
      'with a name of a kind that is not known',
      {
        [oids.alternativeName]: {
          value: der(0x30, der(0xa0, oid('1.3.6.1.4.1.311.20.2.3'), der(0xa0, utf8('jo@example.test')))),
        },
      },
    ],
    [
      'with a user name that is no UTF-8 by its own word',
      {
        [oids.alternativeName]: {
          value: der(
            0x30,
            der(0xa0, oid('1.3.6.1.4.1.57264.1.7'), der(0xa0, der(0x13, Buffer.from('jo@example.test')))),
          ),
        },
      },
    ],
    ['with an issuer that is no UTF-8', { [oids.issuer]: { value: der(0x0c, Buffer.of(0xff)) } }],
    ['with an issuer of two lines', { [oids.issuer]: { value: utf8('https://issuer.test\n') } }],
    ['with an issuer that is no text', { [oids.issuer]: { value: names(['uri', 'https://issuer.test']) } }],
  ])('attack 33: a certificate %s is refused', async (_, extensions) => {
    expect(judged(await logged(await shortLived({ extensions })))).toBe('CERTIFICATE_INVALID');
  });

  it('knows an unknown extension that is not critical as one that need not be known', async () => {
    const extensions = { '1.2.3.4': { value: utf8('?') } };
    expect(judged(await logged(await shortLived({ extensions })))).toBe('proven');
  });

  it('refuses what is no certificate at all', async () => {
    const claim = await logged(await shortLived());
    expect(judged({ ...claim, material: { kind: 'certificate', leaf: Buffer.from('no') } })).toBe(
      'CERTIFICATE_INVALID',
    );
  });

  it('refuses a certificate with bytes behind it', async () => {
    const signer = await shortLived();
    const claim = await logged({ ...signer, der: Buffer.concat([signer.der, Buffer.of(0)]) });
    expect(judged(claim)).toBe('CERTIFICATE_INVALID');
  });
});
