import type { Scalar } from './scalar.ts';

/** Plain data, as JSON has it, with whole numbers beyond 2^53 as bigint. */
export type JsonValue = Scalar | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export type Path = readonly (string | number)[];

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON pointer (RFC 6901): a place inside an object, for messages and as a key. */
export function pointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Every value that holds no others, with its JSON pointer. */
export function* leavesOf(value: JsonValue, path: Path = []): Generator<readonly [string, JsonValue]> {
  const children = isList(value) ? [...value.entries()] : isObject(value) ? Object.entries(value) : undefined;
  if (children === undefined) yield [pointer(path), value];
  else for (const [key, child] of children) yield* leavesOf(child, [...path, key]);
}
