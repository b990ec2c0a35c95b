import { type FieldPath, fieldAt, inside, isFields, withField, withoutGaps } from './field-path.ts';
import { pathOf } from './json-pointer.ts';
import type { KubernetesObject } from './object.ts';

/**
 * What is asked for, with the fields that are left to others (JSON pointers) as they are in the live object: with their values, or without them. A
 * pointer through a list means the item that is asked for, which is looked for by its name; where it is not there, nothing is left to anybody.
 */
export function withLiveFields(
  asked: KubernetesObject,
  live: KubernetesObject,
  ignored: readonly string[],
): KubernetesObject {
  let result: unknown = asked;
  for (const pointer of ignored) {
    const path = pathOf(pointer, asked);
    const there = path && livePath(path, asked, live);
    if (path !== undefined && there !== undefined) result = withField(result, path, fieldAt(live, there));
  }
  return (result === asked ? asked : withoutGaps(result)) as KubernetesObject;
}

/** What is asked for beside the fields that are left to others: the same whatever those are to be. */
export function withoutIgnored(asked: KubernetesObject, ignored: readonly string[]): KubernetesObject {
  let result: unknown = asked;
  for (const pointer of ignored) {
    const path = pathOf(pointer, asked);
    // Items keep their numbers.
    if (path !== undefined)
      result = withField(result, path, typeof path.at(-1) === 'number' ? null : undefined);
  }
  return result as KubernetesObject;
}

function livePath(path: FieldPath, asked: unknown, live: unknown): FieldPath | undefined {
  const found: (string | number)[] = [];
  let [here, there] = [asked, live];
  for (const step of path) {
    const next = typeof step === 'number' ? numberOf(inside(here, step), step, there) : step;
    if (next === undefined) return undefined;
    found.push(next);
    [here, there] = [inside(here, step), inside(there, next)];
  }
  return found;
}

function numberOf(item: unknown, number: number, list: unknown): number | undefined {
  if (!Array.isArray(list)) return undefined;
  const name = isFields(item) ? item['name'] : undefined;
  const found = name === undefined ? number : list.findIndex((one) => inside(one, 'name') === name);
  return found >= 0 && found < list.length ? found : undefined;
}
