import { describe, expect, it } from 'vitest';
import { chooseQuestion, learnFrom, type Seen } from './poll-way.ts';

describe('the question of a poll', () => {
  it.each([
    ['an entity tag and nothing learned', { way: 'unknown', hasEtag: true }, 'conditional'],
    ['no entity tag and nothing learned', { way: 'unknown', hasEtag: false }, 'head'],
    ['entity tags that work', { way: 'etag', hasEtag: true }, 'conditional'],
    ['entity tags that work elsewhere', { way: 'etag', hasEtag: false }, 'head'],
    ['entity tags that do not work', { way: 'head', hasEtag: true }, 'head'],
    ['a HEAD that names no digest', { way: 'get', hasEtag: true }, 'get'],
  ] as const)('with %s', (_what, state, expected) => {
    expect(chooseQuestion({ ...state, isDockerHub: false })).toBe(expected);
    expect(chooseQuestion({ ...state, isDockerHub: true })).toBe('head');
  });
});

describe('what an answer teaches', () => {
  const nothing: Seen = {
    question: 'first',
    isSame: false,
    isNotModified: false,
    hasEtag: false,
    isNamed: false,
  };
  it.each([
    ['a first GET with an entity tag', 'unknown', { hasEtag: true, isNamed: true }, 'unknown'],
    ['a first GET without one', 'unknown', { isNamed: true }, 'head'],
    ['a first GET without anything', 'unknown', {}, 'get'],
    ['a first GET, when more is known', 'etag', {}, 'etag'],
    ['not modified', 'unknown', { question: 'conditional', isNotModified: true }, 'etag'],
    ['the same again, named', 'unknown', { question: 'conditional', isSame: true, isNamed: true }, 'head'],
    ['the same again', 'etag', { question: 'conditional', isSame: true }, 'get'],
    ['another one', 'unknown', { question: 'conditional', isNamed: true }, 'unknown'],
    ['a HEAD with a digest', 'head', { question: 'head', isNamed: true }, 'head'],
    ['a HEAD without', 'head', { question: 'head' }, 'get'],
    ['a GET', 'get', { question: 'get', isSame: true, isNamed: true }, 'get'],
  ] as const)('%s', (_what, way, seen, expected) => {
    expect(learnFrom(way, { ...nothing, ...seen })).toBe(expected);
  });
});
