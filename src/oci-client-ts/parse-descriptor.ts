import type { Descriptor } from './descriptor.ts';
import { parseDigest } from './digest.ts';
import { OciError } from './errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Where in which document a value stands, for the error text. */
export interface Place {
  readonly subject: string;
  readonly path: string;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fault(place: Place, detail: string, cause?: unknown): OciError {
  return new OciError('invalid', place.subject, `${place.path}: ${detail}`, { cause });
}

function parseField<T>(
  place: Place,
  expected: string,
  value: unknown,
  is: (value: unknown) => value is T,
): T {
  if (!is(value)) throw fault(place, `expected ${expected}, got ${describe(value)}`);
  return value;
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return value === null ? 'null' : 'an object';
  return JSON.stringify(value).slice(0, 80);
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isFilledString = (value: unknown): value is string => isString(value) && value !== '';
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isStringMap = (value: unknown): value is Readonly<Record<string, string>> =>
  isJsonObject(value) && Object.values(value).every(isString);
const isStringList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(isString);

/** Absent and null are the same here: Go writes an unset map or list as null. */
function optional<K extends string, T>(
  key: K,
  value: unknown,
  parse: (value: unknown) => T,
): { [P in K]?: T } {
  if (value === undefined || value === null) return {};
  return { [key]: parse(value) } as { [P in K]?: T };
}

/** Annotations of a manifest or descriptor: a map of strings, or absent. @throws OciError `invalid`. */
export function parseAnnotations(
  value: unknown,
  place: Place,
): { readonly annotations?: Readonly<Record<string, string>> } {
  return optional('annotations', value, (found) =>
    parseField({ ...place, path: `${place.path}.annotations` }, 'a map of strings', found, isStringMap),
  );
}

/** An optional text field such as `artifactType`; the empty text counts as absent, as Go writes it. */
export function parseText<K extends string>(
  key: K,
  object: JsonObject,
  place: Place,
): { readonly [P in K]?: string } {
  if (object[key] === '') return {};
  return optional(key, object[key], (found) =>
    parseField({ ...place, path: `${place.path}.${key}` }, 'a text', found, isString),
  );
}

/**
 * Checks a descriptor from a remote document; fields that the specification does not name are left out.
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#properties @throws OciError `invalid`.
 */
export function parseDescriptor(value: unknown, place: Place): Descriptor {
  const object = parseField(place, 'a descriptor', value, isJsonObject);
  const at = (key: string): Place => ({ ...place, path: `${place.path}.${key}` });
  return {
    mediaType: parseField(at('mediaType'), 'a media type', object.mediaType, isFilledString),
    digest: parseDigestField(object.digest, at('digest')),
    size: parseField(at('size'), 'a number of bytes', object.size, isSize),
    ...parseAnnotations(object.annotations, place),
    ...parseText('artifactType', object, place),
    ...parseText('data', object, place),
    ...optional('urls', object.urls, (found) =>
      parseField(at('urls'), 'a list of texts', found, isStringList),
    ),
    ...optional('platform', object.platform, (found) =>
      parseField(at('platform'), 'an object', found, isJsonObject),
    ),
  };
}

function parseDigestField(value: unknown, place: Place): string {
  const digest = parseField(place, 'a digest', value, isString);
  try {
    parseDigest(digest);
  } catch (cause) {
    throw fault(place, cause instanceof OciError ? cause.message : 'not a digest', cause);
  }
  return digest;
}
