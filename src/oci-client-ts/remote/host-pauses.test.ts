import { describe, expect, it } from 'vitest';
import { HostPauses } from './host-pauses.ts';
import { Notices, parseRateLimit, parseWarnings, type RegistryWarning } from './notices.ts';

const registry = new URL('https://reg.example/v2/');
const other = new URL('https://other.example/v2/');
const never = new AbortController().signal;

function setUp(random = 0) {
  const slept: number[] = [];
  const clock = {
    ms: 0,
    now: () => 0,
    monotonic: () => clock.ms,
    sleep: async (ms: number) => {
      slept.push(ms);
    },
  };
  const limits = { baseDelayMs: 100, maxDelayMs: 10_000 };
  const pauses = new HostPauses({ clock, jitter: { next: () => random }, limits });
  const pass = (url: URL): Promise<void> => pauses.pass(url, 'reg.example/a', never);
  return { slept, clock, pauses, pass };
}

describe('HostPauses', () => {
  it.each<[string, number, number | undefined, number[]]>([
    ['after 429 as long as it asked for', 429, 3_000, [3_000]],
    ['after 503 as long as it asked for', 503, 2_000, [2_000]],
    ['not after 503 without a word', 503, undefined, []],
    ['not after 500, which may concern one repository', 500, 2_000, []],
    ['not after 200', 200, 2_000, []],
  ])('lets all requests to a host wait %s', async (_behaviour, status, retryAfter, expected) => {
    const { slept, pauses, pass } = setUp();
    pauses.learn(registry, status, retryAfter);
    await pass(registry);
    await pass(other);
    expect(slept).toEqual(expected);
  });

  it('doubles the wait after 429 without a word, up to the longest', async () => {
    const { slept, pauses, pass, clock } = setUp(1);
    for (let strike = 1; strike <= 9; strike += 1) {
      clock.ms += 1e6;
      pauses.learn(registry, 429, undefined);
      await pass(registry);
    }
    const waits = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
    expect(slept).toEqual(waits.map((wait) => wait + Math.min(wait, 1000)));
  });

  it('fails at once when the pause is longer than the longest wait, and says how long', async () => {
    const { slept, pauses, pass } = setUp();
    pauses.learn(registry, 429, 60_000);
    await expect(pass(registry)).rejects.toMatchObject({
      code: 'rate-limited',
      details: { retryAfterMs: 60_000 },
    });
    expect(slept).toEqual([]);
  });

  it('ends when its time is over, and a shorter one does not shorten it', async () => {
    const { slept, pauses, pass, clock } = setUp();
    pauses.learn(registry, 429, 5_000);
    pauses.learn(registry, 429, 1_000);
    clock.ms = 4_000;
    await pass(registry);
    expect(slept).toEqual([1_000]);
    clock.ms = 5_000;
    await pass(registry);
    expect(slept).toHaveLength(1);
  });
});

describe('Notices', () => {
  it.each([
    ['a warning', '299 - "old version"', ['old version']],
    ['several in one header', '299 - "one", 299 reg.example "two"', ['one', 'two']],
    ['quotes and commas in it', '299 - "say \\"a\\", b"', ['say "a", b']],
    ['a date behind it', '299 - "old" "Wed, 21 Oct 2015 07:28:00 GMT"', ['old']],
    ['no other code', '110 - "stale"', []],
    ['nothing without quotes', '299 - old', []],
    ['nothing that is too long', `299 - "${'x'.repeat(5000)}"`, []],
    ['no line breaks and no secrets', '299 - "Bearer abc.def"', ['Bearer ...']],
  ])('read %s', (_behaviour, header, expected) => {
    expect(parseWarnings(header)).toEqual(expected);
  });

  it('tell each warning once for each host, and 4096 bytes of them at most', () => {
    const told: RegistryWarning[] = [];
    const notices = new Notices((warning) => told.push(warning));
    notices.read(registry, { warning: '299 - "a"' });
    notices.read(registry, { warning: ['299 - "a"', '299 - "b"'] });
    notices.read(other, { warning: '299 - "a"' });
    expect(told.map(({ host, text }) => `${host} ${text}`)).toEqual([
      'reg.example a',
      'reg.example b',
      'other.example a',
    ]);
    for (let at = 0; at < 1000; at += 1) {
      notices.read(registry, { warning: `299 - "${`${at}`.padStart(100, '-')}"` });
    }
    const bytes = told
      .filter(({ host }) => host === 'reg.example')
      .reduce((sum, { text }) => sum + text.length, 0);
    expect(bytes).toBeGreaterThan(3900);
    expect(bytes).toBeLessThanOrEqual(4096);
  });

  it.each([
    [
      'of Docker Hub',
      { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '76;w=21600' },
      { limit: 100, remaining: 76 },
    ],
    ['with X- in front', { 'x-ratelimit-remaining': '5' }, { remaining: 5 }],
    ['that are no numbers', { 'ratelimit-limit': 'many', 'ratelimit-remaining': '-1' }, undefined],
    ['that are not there', {}, undefined],
  ])('read allowances %s', (_behaviour, headers, expected) => {
    expect(parseRateLimit(headers)).toEqual(expected);
  });
});
