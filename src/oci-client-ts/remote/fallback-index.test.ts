import { describe, expect, it } from 'vitest';
import { withEntry, withoutEntry } from './fallback-index.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const entry = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digest('a'), size: 1 };
const encode = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document));
const decode = (bytes: Uint8Array | undefined): unknown =>
  bytes && JSON.parse(new TextDecoder().decode(bytes));

const other = { mediaType: 'x/y', digest: digest('b'), size: 2, unknown: { kept: true } };
const index = encode({ schemaVersion: 2, annotations: { by: 'others' }, manifests: [other], more: 1 });

describe('the fallback index', () => {
  it('starts with its first entry', () => {
    expect(decode(withEntry(undefined, entry))).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [entry],
    });
  });

  it('takes an entry and keeps what others wrote', () => {
    const next = { schemaVersion: 2, annotations: { by: 'others' }, manifests: [other, entry], more: 1 };
    expect(decode(withEntry(index, entry))).toEqual(next);
  });

  it('takes no entry twice', () => {
    expect(withEntry(encode({ manifests: [{ ...entry, annotations: {} }] }), entry)).toBeUndefined();
  });

  it('takes null for an empty list', () => {
    expect(decode(withEntry(encode({ schemaVersion: 2, manifests: null }), entry))).toMatchObject({
      manifests: [entry],
    });
  });

  it('loses one entry and keeps the rest', () => {
    expect(decode(withoutEntry(index, other.digest))).toMatchObject({ manifests: [], more: 1 });
    expect(withoutEntry(index, entry.digest)).toBeUndefined();
  });

  it('does not grow above what registries take', () => {
    const annotations = { large: 'x'.repeat(4 * 1024 * 1024) };
    expect(() => withEntry(index, { ...entry, annotations })).toThrow(/expected at most 4194304 bytes/);
  });
});
