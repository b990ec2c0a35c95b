import type { Comparable } from './comparable.ts';

/** One value that is another here than it was there. */
export interface Difference {
  /** As in `Kustomization/app conditions/Ready/message`. */
  readonly what: string;
  /** What the real controllers left, in JSON; empty where they left nothing. */
  readonly there: string;
  readonly here: string;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON with the keys in order: servers differ in theirs. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner) =>
    isMap(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  ) ?? '';

/** Every value that differs; lists are values. Where one has nothing at all, that is one difference. */
export function differences(subject: string, there: Comparable, here: Comparable): readonly Difference[] {
  return [...walk('', there, here)].map(({ what, ...rest }) => ({
    what: what === '' ? subject : `${subject} ${what}`,
    ...rest,
  }));
}

function* walk(path: string, there: unknown, here: unknown): Generator<Difference> {
  if (!isMap(there) || !isMap(here)) {
    if (text(there) !== text(here)) yield { what: path, there: text(there), here: text(here) };
    return;
  }
  const names = new Set([...Object.keys(there), ...Object.keys(here)]);
  for (const name of [...names].sort()) {
    yield* walk(path === '' ? name : `${path}/${name}`, there[name], here[name]);
  }
}
