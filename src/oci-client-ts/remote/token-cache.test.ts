import { describe, expect, it } from 'vitest';
import type { RegistryClock } from './clock.ts';
import { mergeScopes, repositoryScope } from './scope.ts';
import { TokenCache } from './token-cache.ts';
import { parseTokenReply, type Token } from './token-reply.ts';

function stoppedClock(): RegistryClock & { ms: number } {
  return {
    ms: 0,
    now: () => 0,
    monotonic(): number {
      return this.ms;
    },
    sleep: async () => {},
  };
}

const never = new AbortController().signal;

describe('TokenCache', () => {
  it('holds a token for nine tenths of its life', async () => {
    const clock = stoppedClock();
    const cache = new TokenCache(clock);
    let calls = 0;
    const get = (): Promise<string> =>
      cache.get('key', async () => ({ value: `token ${++calls}`, lifetimeMs: 100_000 }), never);
    expect(await get()).toBe('token 1');
    clock.ms = 89_999;
    expect(await get()).toBe('token 1');
    clock.ms = 90_000;
    expect(await get()).toBe('token 2');
  });

  it('asks once for all who wait, and separately for other keys', async () => {
    const cache = new TokenCache(stoppedClock());
    let calls = 0;
    const load = async (): Promise<Token> => ({ value: `token ${++calls}`, lifetimeMs: 60_000 });
    const all = ['a', 'a', 'b', 'a'].map((key) => cache.get(key, load, never));
    expect(await Promise.all(all)).toEqual(['token 1', 'token 1', 'token 2', 'token 1']);
  });

  it('does not hold a failure', async () => {
    const cache = new TokenCache(stoppedClock());
    await expect(cache.get('key', () => Promise.reject(new Error('down')), never)).rejects.toThrow('down');
    expect(await cache.get('key', async () => ({ value: 'token', lifetimeMs: 1 }), never)).toBe('token');
  });

  it('forgets a refused token, but not the one that replaced it', async () => {
    const cache = new TokenCache(stoppedClock());
    const get = (value: string): Promise<string> =>
      cache.get('key', async () => ({ value, lifetimeMs: 60_000 }), never);
    await get('first');
    cache.drop('key', 'first');
    expect(await get('second')).toBe('second');
    cache.drop('key', 'first');
    expect(await get('third')).toBe('second');
  });

  it('lets one waiter go and serves the other', async () => {
    const cache = new TokenCache(stoppedClock());
    const { promise, resolve } = Promise.withResolvers<Token>();
    const leaving = new AbortController();
    const gone = cache.get('key', () => promise, leaving.signal);
    const stays = cache.get('key', () => promise, never);
    leaving.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    resolve({ value: 'token', lifetimeMs: 60_000 });
    expect(await stays).toBe('token');
  });

  it('ends the call when the last waiter has gone', async () => {
    const cache = new TokenCache(stoppedClock());
    const leaving = new AbortController();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const gone = cache.get(
      'key',
      (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            reject(signal.reason);
            resolve(signal.reason);
          }),
        ),
      leaving.signal,
    );
    leaving.abort('left');
    await expect(gone).rejects.toBe('left');
    expect(await promise).toBe('left');
  });
});

describe('parseTokenReply', () => {
  const parse = (reply: unknown): Token =>
    parseTokenReply(new TextEncoder().encode(JSON.stringify(reply)), 'token server');

  it.each([
    ['token', { token: 'a' }, 60_000],
    ['access_token', { access_token: 'a', expires_in: 300 }, 300_000],
    ['token beside an empty access_token', { token: 'a', access_token: '' }, 60_000],
    ['a life that is too short', { token: 'a', expires_in: 5 }, 60_000],
    ['a life of years', { token: 'a', expires_in: 1e9 }, 86_400_000],
    ['a negative life', { token: 'a', expires_in: -1 }, 60_000],
    ['a life in words', { token: 'a', expires_in: 'long' }, 60_000],
    ['a clock that is wrong', { token: 'a', expires_in: 120, issued_at: '2001-01-01T00:00:00Z' }, 120_000],
  ])('reads %s', (_behaviour, reply, lifetimeMs) => {
    expect(parse(reply)).toEqual({ value: 'a', lifetimeMs });
  });

  it.each([
    ['no token', {}],
    ['an empty token', { token: '' }],
    ['a token that is no text', { token: 1 }],
    ['a token that would add a header', { token: 'secret\r\nx: y' }],
    ['an endless token', { token: 'secret'.repeat(10_000) }],
    ['a list', ['secret']],
    ['null', null],
  ])('refuses %s and does not repeat it', (_behaviour, reply) => {
    expect(() => parse(reply)).toThrow(/^token server: expected a token(?!.*secret)/s);
  });
});

describe('scopes', () => {
  it.each([
    ['what is needed when nothing is asked', undefined, ['repository:a/b:pull']],
    ['the union for one repository', 'repository:a/b:push,pull', ['repository:a/b:pull,push']],
    ['other resources behind ours', 'registry:catalog:*', ['repository:a/b:pull', 'registry:catalog:*']],
    [
      'several scopes',
      'repository:c:pull  repository:a/b:delete',
      ['repository:a/b:delete,pull', 'repository:c:pull'],
    ],
    [
      'names with a port',
      'repository:host:5000/c:pull',
      ['repository:a/b:pull', 'repository:host:5000/c:pull'],
    ],
    ['a word without actions', 'aws', ['repository:a/b:pull', 'aws']],
  ])('merge to %s', (_behaviour, asked, expected) => {
    expect(mergeScopes([repositoryScope('a/b', ['pull'])], asked)).toEqual(expected);
  });

  it('are limited in number', () => {
    const asked = Array.from({ length: 100 }, (_, at) => `repository:r${at}:pull`).join(' ');
    expect(mergeScopes(['repository:a:pull'], asked)).toHaveLength(16);
  });
});
