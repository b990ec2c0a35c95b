import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelSelector } from './index.ts';

const labels = { app: 'web', 'example.com/tier': 'front', weight: '7', empty: '' };

describe('a label selector', () => {
  it.each([
    ['', true],
    ['app=web', true],
    ['app == web', true],
    ['app=other', false],
    ['app!=other', true],
    ['app!=web', false],
    ['absent!=web', true],
    ['app in (web, other)', true],
    ['app in (other)', false],
    ['absent in (web)', false],
    ['app notin (other)', true],
    ['app notin (web)', false],
    ['absent notin (web)', true],
    ['example.com/tier', true],
    ['absent', false],
    ['!absent', true],
    ['! app', false],
    ['empty=', true],
    ['app=', false],
    ['empty in (,x)', true],
    ['weight>6', true],
    ['weight > 7', false],
    ['weight<8', true],
    ['app>6', false],
    ['absent<6', false],
    ['app=web,example.com/tier in (front,back),!absent', true],
    ['app=web,example.com/tier in (back),!absent', false],
    ['toString', false],
  ])('%j selects: %s', (text, selects) => {
    expect(labelSelector(text)?.(labels)).toBe(selects);
  });

  it.each([
    ',',
    'app=web,',
    'a in',
    'a in ()b',
    'a in (b',
    'a like (b)',
    '=web',
    'a b',
    '-a',
    'a=b c',
    'a=-b',
    'a/b/c',
    '/a',
    'A.example/b',
    'a>b',
    `a=${'b'.repeat(64)}`,
  ])('%j is none', (text) => {
    expect(labelSelector(text)).toBeUndefined();
  });

  it('reads any text, or says that it is none', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '=', '!', ' ', ',', '(', ')', 'in', '>', '/') });
    const property = fc.property(text, (some) => {
      const selector = labelSelector(some);
      expect(typeof (selector?.(labels) ?? true)).toBe('boolean');
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});
