import type { ObjectMarks } from '../core/index.ts';

/** True when an object carries `key` as label or annotation with that value; case does not count, as in Flux. */
export function hasSetting(marks: ObjectMarks | undefined, key: string, value: string): boolean {
  const { labels, annotations } = marks ?? {};
  return [labels?.[key], annotations?.[key]].some((found) => isText(found) && found.toLowerCase() === value);
}

/** Live objects are whatever somebody wrote: a label may be a number. */
function isText(value: unknown): value is string {
  return typeof value === 'string';
}
