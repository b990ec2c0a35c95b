import { describe, expect, it } from 'vitest';
import { generateKeyPair, openPrivateKey, readIdentityToken, sigstoreSigner } from '../index.ts';

const { privateKey } = await generateKeyPair('');
const byKey = { kind: 'key', privateKey: await openPrivateKey(privateKey, '') } as const;

const claims = Buffer.from(JSON.stringify({ iss: 'https://ci.test', sub: 'job' })).toString('base64url');
const byIdentity = { kind: 'keyless', identity: readIdentityToken(`head.${claims}.sign`, 0) } as const;

const fulcio = 'https://fulcio.test';
const first = { url: 'https://log.test', version: 1 } as const;
const second = { url: 'https://log2.test', version: 2 } as const;
const stamp = 'https://tsa.test';

type Services = Parameters<typeof sigstoreSigner>[1];
type Material = Parameters<typeof sigstoreSigner>[0];

describe('services to sign with', () => {
  it.each<[string, Material, Services]>([
    ['a key and a log', byKey, { logs: [first], timestamps: [] }],
    ['a key that asks nobody', byKey, { logs: [], timestamps: [] }],
    ['a key and a timestamp authority', byKey, { logs: [], timestamps: [stamp] }],
    ['a certificate authority and a log', byIdentity, { fulcio, logs: [first], timestamps: [] }],
    [
      'a certificate authority and a timestamp authority',
      byIdentity,
      { fulcio, logs: [], timestamps: [stamp] },
    ],
    ['a log of version 2 beside a timestamp', byIdentity, { fulcio, logs: [second], timestamps: [stamp] }],
    [
      'services on this machine',
      byKey,
      { logs: [{ ...first, url: 'http://127.0.0.1:3000' }], timestamps: [] },
    ],
  ])('may be %s', (_what, material, services) => {
    expect(sigstoreSigner(material, services).key).toBeUndefined();
  });

  it.each<[string, Material, Services, string]>([
    ['no certificate authority', byIdentity, { logs: [first], timestamps: [] }, 'got none'],
    [
      'a certificate authority without TLS',
      byIdentity,
      { fulcio: 'http://fulcio.test', logs: [first], timestamps: [] },
      'got http://fulcio.test',
    ],
    [
      'a log without TLS',
      byKey,
      { logs: [{ ...first, url: 'http://log.test' }], timestamps: [] },
      'got http://log.test',
    ],
    [
      'a timestamp authority without TLS',
      byKey,
      { logs: [], timestamps: ['http://tsa.test'] },
      'got http://tsa',
    ],
    ['a key and a log of version 2', byKey, { logs: [second], timestamps: [stamp] }, 'of version 2'],
    ['nothing that proves a time', byIdentity, { fulcio, logs: [], timestamps: [] }, 'proof of time'],
    [
      'a log of version 2 alone, which proves no time',
      byIdentity,
      { fulcio, logs: [second], timestamps: [] },
      'proof of time',
    ],
  ])('may not be %s', (_what, material, services, message) => {
    expect(() => sigstoreSigner(material, services)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
