import { describe, expect, it } from 'vitest';
import { readIdentityToken, readSigningConfig, serviceUrl } from '../index.ts';

const now = Date.parse('2026-11-22T12:00:00Z');

const service = (url: string, change: Record<string, unknown> = {}) => ({
  url: `https://${url}.test`,
  majorApiVersion: 1,
  validFor: { start: '2024-01-01T00:00:00Z' },
  operator: url,
  ...change,
});
const ended = { start: '2023-01-01T00:00:00Z', end: '2024-01-01T00:00:00Z' };
const later = { start: '2027-01-01T00:00:00Z' };
const newer = { start: '2026-01-01T00:00:00Z' };

const config = (change: Record<string, unknown>) =>
  readSigningConfig(
    Buffer.from(
      JSON.stringify({ mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json', ...change }),
    ),
    now,
  );

describe('readSigningConfig', () => {
  it('reads the config without services that cosign makes for keys', () => {
    expect(config({ rekorTlogConfig: {}, tsaConfig: {} })).toEqual({ logs: [], timestamps: [] });
  });

  it('takes of each kind what is valid now, newest first', () => {
    const urls = [
      service('old', { validFor: ended }),
      service('first'),
      service('second', { validFor: newer }),
      service('next', { validFor: later }),
    ];
    expect(
      config({ caUrls: urls, rekorTlogUrls: urls, rekorTlogConfig: { selector: 'ALL' }, tsaUrls: urls }),
    ).toEqual({
      fulcio: 'https://second.test',
      logs: [
        { url: 'https://second.test', version: 1 },
        { url: 'https://first.test', version: 1 },
      ],
      timestamps: ['https://second.test'],
    });
  });

  it('knows logs of version 2, and no service of a version that it does not speak', () => {
    const versions = [2, 3].map((majorApiVersion) => service(`v${majorApiVersion}`, { majorApiVersion }));
    const read = config({ caUrls: versions, rekorTlogUrls: versions, rekorTlogConfig: { selector: 'ANY' } });
    expect(read).toEqual({ logs: [{ url: 'https://v2.test', version: 2 }], timestamps: [] });
  });

  it.each([
    [
      'fewer services than it asks for',
      { tsaUrls: [service('a')], tsaConfig: { selector: 'EXACT', count: 2 } },
    ],
    ['another media type', { mediaType: 'application/json' }],
    ['a URL that is none', { caUrls: [service('x', { url: 'fulcio' })] }],
    ['an unknown selector', { tsaConfig: { selector: 'MOST' } }],
  ])('refuses %s', (_what, change) => {
    expect(() => config(change)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('says which part of it it cannot read', () => {
    expect(() => config({ tsaConfig: { selector: 'MOST' } })).toThrow('tsaConfig');
  });
});

describe('serviceUrl', () => {
  it.each([
    ['https://a.test/', 'https://a.test'],
    ['https://a.test/tsa//', 'https://a.test/tsa'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
  ])('reads %s', (text, url) => {
    expect(serviceUrl(text)).toBe(url);
  });

  it.each([
    'a.test',
    'ftp://a.test',
    'https://user:secret@a.test',
    'https://user@a.test',
    'https://:secret@a.test',
    '',
  ])('refuses %j, and repeats none of it', (text) => {
    expect(() => serviceUrl(text)).toThrow(/^signing service: expected https:[^@]*$/);
  });
});

describe('readIdentityToken', () => {
  const token = (claims: unknown, parts = 3): string =>
    ['head', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'sign'].slice(0, parts).join('.');
  const claims = { iss: 'https://ci.test', sub: 'job', exp: now / 1000 + 60 };

  it('tells whose word it is', () => {
    expect(readIdentityToken(`${token(claims)}\n`, now)).toEqual({
      token: token(claims),
      issuer: 'https://ci.test',
    });
  });

  it.each([
    ['that ended just now', token({ ...claims, exp: now / 1000 })],
    ['without issuer', token({ ...claims, iss: undefined })],
    ['with an empty issuer', token({ ...claims, iss: '' })],
    ['without subject', token({ ...claims, sub: undefined })],
    ['with an e-mail address that nobody verified', token({ ...claims, email: 'a@b.test' })],
    [
      'with an e-mail address that was found wrong',
      token({ ...claims, email: 'a@b.test', email_verified: false }),
    ],
    ['of two parts', token(claims, 2)],
    ['that is empty', ''],
    ['that is no JSON', 'a.b.c'],
    ['of a megabyte', `${token(claims)}${'x'.repeat(1_000_000)}`],
  ])('refuses one %s', (_what, text) => {
    expect(() => readIdentityToken(text, now)).toThrow(
      expect.objectContaining({ code: 'IDENTITY_TOKEN_INVALID' }),
    );
  });

  it.each([true, 'true'])('takes an e-mail address that its issuer verified, which says %j', (verified) => {
    const text = token({ ...claims, email: 'a@b.test', email_verified: verified });
    expect(readIdentityToken(text, now).issuer).toBe('https://ci.test');
  });

  it('takes one that does not say when it ends', () => {
    expect(readIdentityToken(token({ ...claims, exp: undefined }), now).issuer).toBe('https://ci.test');
  });
});
