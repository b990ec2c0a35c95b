import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { containing, exactly, isAnchored, matching } from './text-rules.ts';

const at = 'policy';

describe('attack 19: a pattern that names others too', () => {
  it.each([
    ['https://github\\.com/org/.*', 'https://github.com/org/app', true],
    ['https://github\\.com/org/.*', 'https://evil.test/?https://github.com/org/app', false],
    ['https://github\\.com/org/.*', 'xhttps://github.com/org/app', false],
    ['org/app', 'https://github.com/org/app', false],
    ['https://github\\.com/org/app', 'https://github.com/org/app-evil', false],
    ['a|b', 'a', true],
    ['a|b', 'ab', false],
    ['^a$|^b$', 'xb', false],
    ['(?i)JO@example\\.test', 'jo@EXAMPLE.test', true],
    ['\\Qa.b\\E', 'axb', false],
    ['a\\.b', 'a.b\n', false],
    ['[^@]+@example\\.test', 'jo@example.test', true],
    ['[^@]+@example\\.test', 'jo@evil.test@example.test', false],
  ])('%s against %s: %s', (pattern, text, expected) => {
    expect(matching(pattern, at).matches(text)).toBe(expected);
  });

  it('an exact text has no pattern in it', () => {
    expect(exactly('https://github.com/org/a.p').matches('https://github-com/org/app')).toBe(false);
    expect(exactly('.*').matches('anything')).toBe(false);
  });
});

describe('attack 23: an empty text', () => {
  it('matches no rule', () => {
    for (const rule of [matching('.*', at), matching('', at), containing('', at), containing('.*', at)]) {
      expect(rule.matches('')).toBe(false);
    }
  });

  it('is no rule', () => {
    expect(() => exactly('')).toThrow(RangeError);
  });
});

describe('patterns', () => {
  it('take linear time', () => {
    const started = performance.now();
    expect(matching('(a+)+', at).matches(`${'a'.repeat(2000)}b`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it.each(['(', '(?=a)', '\\1', '[z-a]', 'a{5000}'])(
    'are refused when RE2 does not read them: %s',
    (pattern) => {
      expect(() => matching(pattern, at)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', subject: at }),
      );
    },
  );

  it('are refused with the reason that RE2 gives', () => {
    expect(() => matching('(', at)).toThrow('missing closing )');
  });

  it.each([
    ['^https://github\\.com/.*$', true],
    ['\\Ahttps://github\\.com/.*\\z', true],
    ['^(a|b)$', true],
    ['^[$^|]$', true],
    ['^a|b$', false],
    ['^(a)|(b)$', false],
    ['^a', false],
    ['a$', false],
    ['^a\\$', false],
    ['\\^a$', false],
    ['', false],
  ])('%s has anchors that hold: %s', (pattern, expected) => {
    expect(isAnchored(pattern)).toBe(expected);
  });

  it('of Flux may match anywhere', () => {
    expect(containing('github\\.com', at).matches('https://github.com/org')).toBe(true);
    expect(containing('^github\\.com', at).matches('https://github.com/org')).toBe(false);
  });
});
