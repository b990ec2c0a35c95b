import type { BuiltObject } from './built-object.ts';
import { isList, isObject, type JsonValue, type Path, pointer } from './json-value.ts';

function* leaves(value: JsonValue, path: Path): Generator<readonly [string, JsonValue]> {
  const children = isList(value) ? [...value.entries()] : isObject(value) ? Object.entries(value) : undefined;
  if (children === undefined) yield [pointer(path), value];
  else for (const [key, child] of children) yield* leaves(child, [...path, key]);
}

/** `after` with the pointers of what differs from `before`: the values that decryption put in. */
export function withDecrypted(before: BuiltObject, after: BuiltObject): BuiltObject {
  const old = new Map(leaves(before.object as unknown as JsonValue, []));
  const places = [...leaves(after.object as unknown as JsonValue, [])]
    .filter(([place, value]) => old.get(place) !== value)
    .map(([place]) => place);
  return { ...after, decrypted: new Set(places) };
}
