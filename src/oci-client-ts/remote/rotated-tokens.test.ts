import { describe, expect, it } from 'vitest';
import type { Credential } from '../credentials.ts';
import { OciError } from '../errors.ts';
import { RotatedTokens } from './rotated-tokens.ts';
import type { TokenCall } from './token-client.ts';
import type { Token } from './token-reply.ts';

const identity: Credential = { kind: 'identity', token: 'first', username: 'me' };

function call(
  scope: string,
  credential: Credential | undefined = identity,
  realm = 'https://auth.example/token',
) {
  const origin = new URL('https://reg.example');
  const scopes = [scope];
  return { registry: 'reg.example', origin, realm: new URL(realm), service: 'reg', scopes, credential };
}

const refused = (status = 400): OciError =>
  new OciError('unauthorized', 'token server', 'refused', { details: { status } });

/** A token server that takes each identity token once, and gives the next. */
class OneTimeServer {
  readonly seen: string[] = [];
  valid = 'first';
  #count = 1;

  readonly fetch = async ({ credential }: TokenCall): Promise<Token> => {
    const token = credential?.kind === 'identity' ? credential.token : '';
    this.seen.push(token);
    await new Promise((resolve) => setImmediate(resolve));
    if (token !== this.valid) throw refused();
    this.#count += 1;
    this.valid = `refresh-${this.#count}`;
    return { value: 'access', lifetimeMs: 60_000, refreshToken: this.valid };
  };
}

describe('identity tokens that are replaced', () => {
  it('are used in the order in which they are given, also when many ask at the same time', async () => {
    const [tokens, server] = [new RotatedTokens(), new OneTimeServer()];
    await Promise.all(['a', 'b', 'c', 'd'].map((scope) => tokens.fetch(call(scope), server.fetch)));
    await tokens.fetch(call('e'), server.fetch);
    expect(server.seen).toEqual(['first', 'refresh-2', 'refresh-3', 'refresh-4', 'refresh-5']);
  });

  it('give way to the credential itself when the newest is refused', async () => {
    const [tokens, server] = [new RotatedTokens(), new OneTimeServer()];
    await tokens.fetch(call('a'), server.fetch);
    server.valid = 'first';
    await tokens.fetch(call('a'), server.fetch);
    expect(server.seen).toEqual(['first', 'refresh-2', 'first']);
    await tokens.fetch(call('a'), server.fetch);
    expect(server.seen.at(-1)).toBe('refresh-3');
  });

  it.each([
    ['the server is down', new OciError('server-error', 'x', 'down', { details: { status: 503 } })],
    ['the program stops', new Error('stopped')],
  ])('are kept when %s', async (_what, failure) => {
    const [tokens, server] = [new RotatedTokens(), new OneTimeServer()];
    await tokens.fetch(call('a'), server.fetch);
    await expect(tokens.fetch(call('a'), async () => Promise.reject(failure))).rejects.toThrow(failure);
    await tokens.fetch(call('a'), server.fetch);
    expect(server.seen).toEqual(['first', 'refresh-2']);
  });

  it('are shown to the server that gave them alone, and not for another credential', async () => {
    const [tokens, server] = [new RotatedTokens(), new OneTimeServer()];
    await tokens.fetch(call('a'), server.fetch);
    const seen: unknown[] = [];
    const other = async ({ credential }: TokenCall): Promise<Token> => {
      seen.push(credential);
      return { value: 'access', lifetimeMs: 60_000 };
    };
    const changed: Credential = { kind: 'identity', token: 'from another file' };
    await tokens.fetch(call('a', identity, 'https://other.example/token'), other);
    await tokens.fetch(call('a', changed), other);
    expect(seen).toEqual([identity, changed]);
  });

  it('leave passwords and anybody alone, and ask at the same time where nothing is replaced', async () => {
    const tokens = new RotatedTokens();
    let [now, most] = [0, 0];
    const steady = async ({ credential }: TokenCall): Promise<Token> => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      const same =
        credential?.kind === 'identity' ? { refreshToken: credential.token } : { refreshToken: 'other' };
      return { value: 'access', lifetimeMs: 60_000, ...same };
    };
    const basic: Credential = { kind: 'basic', username: 'me', password: 'p' };
    for (const credential of [basic, undefined]) await tokens.fetch({ ...call('a'), credential }, steady);
    await tokens.fetch(call('a'), steady);
    await Promise.all(['a', 'b', 'c'].map((scope) => tokens.fetch(call(scope), steady)));
    expect(most).toBe(3);
  });
});
