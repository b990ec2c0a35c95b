import type { BuiltObject } from '../objects/built-object.ts';
import { type JsonValue, leavesOf } from '../yaml/json-value.ts';

/** `after` with the pointers of what differs from `before`: the values that decryption put in. */
export function withDecrypted(before: BuiltObject, after: BuiltObject): BuiltObject {
  const old = new Map(leavesOf(before.object as unknown as JsonValue));
  const places = [...leavesOf(after.object as unknown as JsonValue)]
    .filter(([place, value]) => old.get(place) !== value)
    .map(([place]) => place);
  return { ...after, decrypted: new Set(places) };
}
