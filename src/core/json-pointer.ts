import { type FieldPath, inside } from './field-path.ts';

/** The steps of a JSON pointer; `undefined` for a text that is none. https://www.rfc-editor.org/rfc/rfc6901 */
export function pointerSteps(pointer: string): readonly string[] | undefined {
  if (!/^(\/([^~/]|~[01])*)*$/.test(pointer)) return undefined;
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The number of the item that a step means in a list; `undefined` where there is none. */
export function itemIn(list: readonly unknown[], step: string): number | undefined {
  return /^(0|[1-9]\d{0,8})$/.test(step) && Number(step) < list.length ? Number(step) : undefined;
}

/** Where a JSON pointer points in a value: it need not be there, but the items of lists that it goes through do. */
export function pathOf(pointer: string, value: unknown): FieldPath | undefined {
  const path: (string | number)[] = [];
  let at = value;
  for (const step of pointerSteps(pointer) ?? []) {
    const next = Array.isArray(at) ? itemIn(at, step) : step;
    if (next === undefined) return undefined;
    path.push(next);
    at = inside(at, next);
  }
  return path.length === 0 ? undefined : path;
}
