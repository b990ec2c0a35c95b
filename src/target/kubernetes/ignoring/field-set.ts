import { inside, isFields, withField } from '../../../core/index.ts';
import type { LiveMetadata, ManagedFields } from '../client/client.ts';
import { canonicalText } from '../text/canonical-text.ts';

/**
 * Fields as a tree of maps: `f:` and a name for fields of maps, `k:` and its keys for items of lists, `v:` and a value for items of sets; what has
 * nothing in it, and a list that has none of these, is held as a whole.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
 */
export type FieldSet = Readonly<Record<string, unknown>>;

/** What one manager holds of the object itself; `undefined` for a status or the like. */
export function fieldSetOf({ subresource = '', fieldsV1 }: ManagedFields): FieldSet | undefined {
  return subresource === '' && isFields(fieldsV1) ? fieldsV1 : undefined;
}

/** What all managers hold of the object itself, one beside the other. */
export function fieldSetsOf({ managedFields = [] }: LiveMetadata): readonly FieldSet[] {
  return managedFields.map(fieldSetOf).filter((set) => set !== undefined);
}

/** What a set holds at a place, and below it; `undefined` where it holds nothing there. */
export function setAt(set: FieldSet | undefined, place: readonly string[]): FieldSet | undefined {
  const found = place.reduce<unknown>(inside, set);
  return isFields(found) ? found : undefined;
}

/** The same set without a place, and without what held nothing else. */
export function withoutPlace(set: FieldSet, place: readonly string[]): FieldSet {
  if (setAt(set, place) === undefined) return set;
  const less = withField(set, place, undefined) as FieldSet;
  const above = place.slice(0, -1);
  const left = setAt(less, above) ?? {};
  return above.length === 0 || Object.keys(left).length > 0 ? less : withoutPlace(less, above);
}

/** The values that tell an item of a list from the others, where the name is that of an item. */
export function keysOf(name: string): FieldSet | undefined {
  if (!name.startsWith('k:')) return undefined;
  try {
    const keys: unknown = JSON.parse(name.slice(2));
    return isFields(keys) ? keys : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an item of a list has these keys. */
export function hasKeys(item: unknown, keys: FieldSet): boolean {
  return Object.entries(keys).every(
    ([name, key]) => canonicalText(inside(item, name)) === canonicalText(key),
  );
}
