import { describe, expect, it } from 'vitest';
import type { Descriptor } from './descriptor.ts';
import { findByDigest, findByTag, type LayoutIndex, withName } from './layout-index.ts';

const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const digestOf = (number: number): string => `sha256:${number.toString(16).padStart(64, '0')}`;
const entry = (number: number, name?: string): Descriptor => ({
  mediaType,
  digest: digestOf(number),
  size: number,
  ...(name === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': name } }),
});

describe('the index of a layout', () => {
  const index: LayoutIndex = {
    entries: [
      entry(1, 'v1'),
      entry(2, 'v1'),
      entry(3, 'a/b:v1'),
      entry(4),
      entry(4, 'a/b:v2'),
      entry(5, 'x y'),
    ],
  };

  it.each<[string, string, string | undefined, number | undefined]>([
    ['the first of several entries with one name', 'v1', undefined, 1],
    ['the repository’s own tag before a bare one', 'v1', 'a/b', 3],
    ['a bare tag in every repository', 'v1', 'c', 1],
    ['no tag of another repository', 'v2', 'c', undefined],
    ['a name that is no tag only where nobody asks for a repository', 'x y', undefined, 5],
    ['a name that is no tag in no repository', 'x y', 'a/b', undefined],
  ])('finds %s', (_what, tag, repository, found) => {
    expect(findByTag(index, tag, repository)?.digest).toBe(found === undefined ? undefined : digestOf(found));
  });

  it('finds the first entry of a digest', () => {
    expect(findByDigest(index, digestOf(4))).toBe(index.entries[3]);
    expect(findByDigest(index, digestOf(9))).toBeUndefined();
  });

  it('knows what a later one has, although an earlier one was asked', () => {
    expect(findByTag(index, 'v3', 'a/b')).toBeUndefined();
    const later = withName(index, entry(9), 'a/b:v3');
    expect(findByTag(later, 'v3', 'a/b')?.digest).toBe(digestOf(9));
    expect(findByTag(index, 'v3', 'a/b')).toBeUndefined();
  });
});
