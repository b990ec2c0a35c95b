import fc, { constant, dictionary, jsonValue, oneof, string, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isManifestType, mediaTypes, OciError, parseManifest } from './index.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const blob = { mediaType: 'application/octet-stream', digest, size: 3 };
const image = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: blob, layers: [blob] };
const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [blob] };

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

function codeOf(content: Uint8Array, mediaType?: string): string {
  try {
    parseManifest(content, mediaType);
  } catch (error) {
    if (error instanceof OciError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('parseManifest', () => {
  it('reads an image manifest with everything it may have', () => {
    const full = {
      ...image,
      artifactType: 'application/example',
      subject: { ...blob, mediaType: mediaTypes.ociManifest },
      annotations: JSON.parse('{"a":"1","__proto__":"2"}') as Record<string, string>,
      layers: [
        { ...blob, urls: ['https://example.com'], data: 'YWJj', annotations: {}, platform: { os: 'linux' } },
      ],
    };
    const { schemaVersion: _, ...rest } = full;
    expect(parseManifest(bytes({ ...full, later: true }))).toEqual({ kind: 'image', ...rest });
    const { annotations } = parseManifest(bytes(full));
    expect(Object.entries(annotations ?? {})).toEqual([
      ['a', '1'],
      ['__proto__', '2'],
    ]);
  });

  it('reads an index', () => {
    expect(parseManifest(bytes(index), mediaTypes.ociIndex)).toEqual({
      kind: 'index',
      mediaType: mediaTypes.ociIndex,
      manifests: [blob],
    });
  });

  it.each([
    [
      'the OCI manifest when nobody says',
      { ...image, mediaType: undefined },
      undefined,
      mediaTypes.ociManifest,
    ],
    ['the OCI index when nobody says', { ...index, mediaType: undefined }, undefined, mediaTypes.ociIndex],
    [
      'what the transport says',
      { ...image, mediaType: undefined },
      mediaTypes.dockerManifest,
      mediaTypes.dockerManifest,
    ],
    [
      'what the body says',
      { ...index, mediaType: mediaTypes.dockerManifestList },
      undefined,
      mediaTypes.dockerManifestList,
    ],
  ])('takes as type %s', (_what, body, mediaType, expected) => {
    expect(parseManifest(bytes(body), mediaType).mediaType).toBe(expected);
  });

  it.each([
    [
      'null lists and maps, as Go writes empty ones',
      { ...image, layers: null, annotations: null, subject: null },
    ],
    ['no layers', { ...image, layers: [] }],
    ['an empty artifactType', { ...image, artifactType: '' }],
    [
      'a digest of an unknown algorithm',
      { ...image, layers: [{ ...blob, digest: `blake3:${'a'.repeat(64)}` }] },
    ],
    ['a layer of a type nobody knows', { ...image, layers: [{ ...blob, mediaType: 'x' }] }],
  ])('tolerates %s', (_what, body) => {
    expect(codeOf(bytes(body))).toBe('accepted');
  });

  it.each([
    ['another type inside than outside', image, mediaTypes.dockerManifest, 'invalid'],
    [
      'an index that calls itself a manifest',
      { ...index, mediaType: mediaTypes.ociManifest },
      undefined,
      'invalid',
    ],
    ['a manifest that comes as an index', { ...image, mediaType: undefined }, mediaTypes.ociIndex, 'invalid'],
    ['manifests and layers', { ...index, layers: [] }, undefined, 'invalid'],
    ['manifests and config', { ...index, config: blob }, undefined, 'invalid'],
    ['an image that also has manifests', { ...image, manifests: [] }, undefined, 'invalid'],
    ['both, and no type inside', { ...image, ...index, mediaType: undefined }, undefined, 'invalid'],
    ['neither', { schemaVersion: 2 }, undefined, 'invalid'],
    ['a list', [], undefined, 'invalid'],
    ['null', null, undefined, 'invalid'],
    ['no schemaVersion', { ...image, schemaVersion: undefined }, undefined, 'invalid'],
    ['schemaVersion as text', { ...image, schemaVersion: '2' }, undefined, 'invalid'],
    ['Docker schema 1', { schemaVersion: 1, fsLayers: [] }, undefined, 'unsupported'],
    ['a type nobody knows', { ...image, mediaType: 'application/x' }, undefined, 'unsupported'],
    ['no config', { ...image, config: undefined }, undefined, 'invalid'],
    ['no layers at all', { ...image, layers: undefined }, undefined, 'invalid'],
    ['layers that are no list', { ...image, layers: {} }, undefined, 'invalid'],
    ['a layer that is no object', { ...image, layers: ['x'] }, undefined, 'invalid'],
    ['a negative size', { ...image, layers: [{ ...blob, size: -1 }] }, undefined, 'invalid'],
    ['a size with a fraction', { ...image, layers: [{ ...blob, size: 1.5 }] }, undefined, 'invalid'],
    ['a size as text', { ...image, layers: [{ ...blob, size: '3' }] }, undefined, 'invalid'],
    ['a size no number holds', { ...image, layers: [{ ...blob, size: 2 ** 60 }] }, undefined, 'invalid'],
    ['no size', { ...image, layers: [{ ...blob, size: undefined }] }, undefined, 'invalid'],
    [
      'an upper-case digest',
      { ...image, layers: [{ ...blob, digest: digest.toUpperCase() }] },
      undefined,
      'invalid',
    ],
    ['no digest', { ...image, config: { ...blob, digest: undefined } }, undefined, 'invalid'],
    ['an empty media type', { ...image, config: { ...blob, mediaType: '' } }, undefined, 'invalid'],
    ['annotations that are no texts', { ...image, annotations: { a: 1 } }, undefined, 'invalid'],
    ['a subject without digest', { ...image, subject: { size: 1 } }, undefined, 'invalid'],
    ['a type that is no text', { ...image, mediaType: 2 }, undefined, 'invalid'],
  ])('refuses %s', (_what, body, mediaType, code) => {
    expect(codeOf(bytes(body), mediaType)).toBe(code);
  });

  it('names the digest of the manifest and the place of the fault', () => {
    const body = bytes({ ...image, layers: [blob, { ...blob, size: -1 }] });
    expect(() => parseManifest(body)).toThrow(
      /^manifest sha256:[0-9a-f]{64}: layers\[1\]\.size: expected .*, got -1$/,
    );
  });

  it('refuses what is no JSON in UTF-8', () => {
    expect(codeOf(new TextEncoder().encode('{"schemaVersion":2'))).toBe('invalid');
    expect(codeOf(Uint8Array.of(0xff, 0xfe))).toBe('invalid');
    expect(codeOf(new Uint8Array())).toBe('invalid');
  });

  it('refuses more than 4 MiB and takes 4 MiB', () => {
    const padded = (length: number): Uint8Array => {
      const body = Buffer.alloc(length, ' ');
      body.set(bytes(image));
      return body;
    };
    expect(codeOf(padded(4 * 1024 * 1024))).toBe('accepted');
    expect(codeOf(padded(4 * 1024 * 1024 + 1))).toBe('too-large');
  });

  it('answers any bytes and any JSON with a manifest or an OciError', () => {
    const field = oneof(jsonValue(), constant(blob), constant([blob]), constant(2));
    const key = oneof(
      string(),
      ...Object.keys({ ...image, ...index, subject: 0, annotations: 0 }).map(constant),
    );
    const check = (content: Uint8Array, code: RegExp): void => {
      expect(codeOf(content)).toMatch(code);
    };
    fc.assert(fc.property(uint8Array(), (content) => check(content, /^invalid$/)));
    const bodies = dictionary(key, field);
    fc.assert(
      fc.property(bodies, (body) =>
        check(bytes({ schemaVersion: 2, ...body }), /^(invalid|unsupported|accepted)$/),
      ),
    );
  });
});

describe('isManifestType', () => {
  it.each([
    [mediaTypes.ociManifest, true],
    [mediaTypes.ociIndex, true],
    [mediaTypes.dockerManifest, true],
    [mediaTypes.dockerManifestList, true],
    [mediaTypes.ociConfig, false],
    [mediaTypes.octetStream, false],
    ['', false],
  ])('%s: %s', (mediaType, expected) => {
    expect(isManifestType(mediaType)).toBe(expected);
  });
});
