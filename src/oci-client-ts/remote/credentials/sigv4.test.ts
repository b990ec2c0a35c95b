import { expect, it } from 'vitest';
import { signRequest } from './sigv4.ts';

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const now = Date.UTC(2015, 7, 30, 12, 36, 0);

// The examples that AWS publishes with their signatures: in its documentation of Signature Version 4, and in its test suite for signers.
it.each([
  [
    'a list of users',
    'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
    { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    'iam',
    '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  ],
  [
    'a request with nothing in it',
    'https://example.amazonaws.com/',
    {},
    'service',
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
])('signs %s as AWS does', (...[, url, headers, service, signature]) => {
  const request = { method: 'GET', url: new URL(url), headers } as const;
  const signed = signRequest(request, keys, { region: 'us-east-1', service, now });
  expect(signed.headers.authorization).toMatch(new RegExp(`Signature=${signature}$`));
  expect(signed.headers['x-amz-date']).toBe('20150830T123600Z');
});

it('signs the body and the token of temporary keys', () => {
  const sign = (body: string, sessionToken?: string): string | undefined => {
    const request = { method: 'POST', url: new URL('https://x.example/'), headers: {}, body } as const;
    const all = sessionToken === undefined ? keys : { ...keys, sessionToken };
    return signRequest(request, all, { region: 'r', service: 's', now }).headers.authorization;
  };
  expect(new Set([sign('a'), sign('b'), sign('a', 't'), sign('a', 'u')]).size).toBe(4);
  expect(sign('a', 't')).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
});
