import { describe, expect, it } from 'vitest';
import { parseExpiry } from './expiry.ts';

const now = Date.parse('2026-11-22T12:00:00Z');

describe('parseExpiry', () => {
  it.each([
    ['90d', '2027-02-20T12:00:00Z'],
    ['12h', '2026-11-23T00:00:00Z'],
    ['30m', '2026-11-22T12:30:00Z'],
    ['2027-01-31T13:00:00+01:00', '2027-01-31T12:00:00Z'],
    ['2027-01-31t12:00:00.5z', '2027-01-31T12:00:00Z'],
  ])('reads %s', (text, moment) => {
    expect(parseExpiry(text, now)).toBe(moment);
  });

  it.each([
    ['0d'],
    ['2026-11-22T12:00:00Z'],
    ['2020-01-01T00:00:00Z'],
    ['2027-13-01T00:00:00Z'],
    ['2027-02-30T00:00:00Z'],
    ['2027-01-31'],
    ['2027-01-31T12:00:00'],
    ['tomorrow'],
    ['-1d'],
    ['1y'],
    ['999999999d'],
    [''],
  ])('refuses %j', (text) => {
    expect(() => parseExpiry(text, now)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
