import { describe, expect, it } from 'vitest';
import { readIssuedToken, tokenRequest } from './account-token.ts';

const metadata = { creationTimestamp: '2026-01-01T00:00:00Z' };
const status = { token: 'abc', expirationTimestamp: '2026-01-01T01:00:00Z' };
const hour = 3_600_000;

describe('a token of a service account', () => {
  it('is asked for with those whom it is for', () => {
    const account = { namespace: 'edge', name: 'far' };
    expect(tokenRequest({ account, audiences: ['a', 'b'] })).toEqual({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: ['a', 'b'] },
    });
  });

  it.each([
    ['as long as the server says, from now on, by whatever clock', { metadata, status }, 7 + hour],
    [
      'until the server says, where it does not tell since when',
      { status },
      Date.parse('2026-01-01T01:00:00Z'),
    ],
  ])('lives %s', (_, body, expiresAt) => {
    expect(readIssuedToken(body, 'https://near', 7)).toEqual({ token: 'abc', expiresAt });
  });

  it.each([
    ['nothing', undefined],
    ['another object', { kind: 'ConfigMap', metadata }],
    ['no token', { metadata, status: { ...status, token: '' } }],
    ['no end', { metadata, status: { token: 'password' } }],
    ['an end that is no time', { metadata, status: { token: 'password', expirationTimestamp: 'soon' } }],
  ])('is not found in an answer with %s, of which nothing is repeated', (_, body) => {
    const read = () => readIssuedToken(body, 'https://near', 0);
    expect(read).toThrow('https://near: expected a TokenRequest with a token and its end');
    expect(read).not.toThrow('password');
  });
});
