import { type RegistryWarning, RemoteRepository, Transport } from 'oci-client-ts';
import { describe, expect, it } from 'vitest';
import { imageOf } from '../fakes/oci-content.ts';
import { failureOf, send, serve } from '../fixtures/remote-registry.ts';

const image = imageOf();

function setUp(host: string, onWarning?: (warning: RegistryWarning) => void) {
  const slept: number[] = [];
  const clock = {
    ms: 0,
    now: () => 0,
    monotonic: () => clock.ms,
    sleep: async (ms: number) => {
      slept.push(ms);
      clock.ms += ms;
    },
  };
  const options = onWarning === undefined ? {} : { onWarning };
  const transport = new Transport({ clock, jitter: { next: () => 0 }, retry: { attempts: 2 }, ...options });
  const repository = (name: string) => new RemoteRepository({ host, repository: name, transport });
  return { slept, clock, transport, repository };
}

describe('55: a registry that asks for a pause', () => {
  it.each([
    ['Retry-After', { 'retry-after': '3' }],
    ['the end of its window', { 'ratelimit-remaining': '0', 'ratelimit-reset': '3' }],
  ])(
    'is left in peace by all repositories, and the wait it asked for by %s is obeyed',
    async (_how, headers) => {
      let calls = 0;
      const registry = await serve((_, response) => {
        calls += 1;
        if (calls === 1) response.writeHead(429, headers).end();
        else send(response, image);
      });
      const { repository, slept, transport } = setUp(registry.host);
      await repository('a').resolve('v1');
      expect(slept).toEqual([3_000]);
      await transport.close();
    },
  );

  it('for an hour gets no request of any repository until then', async () => {
    const registry = await serve(
      (_, response) => void response.writeHead(429, { 'retry-after': '31536000' }).end(),
    );
    const { repository, slept, clock, transport } = setUp(registry.host);
    await failureOf(repository('a').resolve('v1'));
    const error = await failureOf(repository('b').resolve('v1'));
    expect({
      code: error.code,
      wait: error.details.retryAfterMs,
      requests: registry.requests.length,
    }).toEqual({
      code: 'rate-limited',
      wait: 3_600_000,
      requests: 1,
    });
    expect(slept).toEqual([]);
    clock.ms = 3_600_000;
    await failureOf(repository('b').resolve('v1'));
    expect(registry.requests).toHaveLength(2);
    await transport.close();
  });
});

describe('what a registry says beside its answers', () => {
  it('39, 56: allowance and warnings reach the caller, warnings once', async () => {
    const registry = await serve((_, response) => {
      const headers = {
        'ratelimit-limit': '100;w=21600',
        'ratelimit-remaining': '76;w=21600',
        warning: '299 - "old"',
      };
      send(response, image, headers);
    });
    const told: string[] = [];
    const { repository, transport } = setUp(registry.host, ({ host, text }) => told.push(`${host} ${text}`));
    expect(transport.rateLimit(registry.host)).toBeUndefined();
    await repository('a').resolve('v1');
    await repository('b').resolve('v1');
    expect(transport.rateLimit(registry.host)).toEqual({ limit: 100, remaining: 76 });
    expect(told).toEqual([`${registry.host} old`]);
    await transport.close();
  });

  it('56: warnings without end are cut', async () => {
    const registry = await serve((_, response) => {
      const warning = Array.from({ length: 60 }, (_unused, at) => `299 - "${`${at}`.repeat(50)}"`);
      response.setHeader('warning', warning);
      send(response, image);
    });
    const told: string[] = [];
    const { repository, transport } = setUp(registry.host, ({ text }) => told.push(text));
    await repository('a').resolve('v1');
    expect(told.join('').length).toBeLessThanOrEqual(4096);
    expect(told.length).toBeGreaterThan(20);
    await transport.close();
  });
});
