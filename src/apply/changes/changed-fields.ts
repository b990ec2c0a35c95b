import { type KubernetesObject, refOf } from '../../core/index.ts';
import { mayShow } from './shown-fields.ts';
import { shownValue, showsAny } from './shown-value.ts';

/** One field that differs. A value that is absent on one side is `undefined`, one that must not be shown is `***`. */
export interface ChangedField {
  /** JSON pointer: https://www.rfc-editor.org/rfc/rfc6901 */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface ChangedFields {
  readonly fields: readonly ChangedField[];
  /** How many more fields differ than are listed. */
  readonly omitted: number;
}

/** More than anybody reads for one object; a live object is whatever somebody wrote, up to the size the target reads. */
const maxListedFields = 200;

const mask = '***';

interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Where the live object differs from the desired one, in the order of the desired one. Empty when only the form differs. `secretTexts` are hidden
 * wherever they stand.
 */
export function changedFields(
  live: KubernetesObject,
  desired: KubernetesObject,
  secretTexts: readonly string[] = [],
): ChangedFields {
  const ref = refOf(desired);
  const all = [...differences(live, desired, '')];
  const fields = all.slice(0, maxListedFields).map(({ path, before, after }) => {
    const show = (value: unknown): string =>
      mayShow(ref, path) && !showsAny(value, secretTexts) ? shownValue(value) : mask;
    return {
      path,
      before: before === undefined ? undefined : show(before),
      after: after === undefined ? undefined : show(after),
    };
  });
  return { fields, omitted: all.length - fields.length };
}

/** Goes no deeper than both sides do, so that a live object of any depth is safe to compare. */
function* differences(before: unknown, after: unknown, path: string): Generator<Difference> {
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after)) {
    if (!sameScalar(before, after)) yield { path, before, after };
    return;
  }
  for (const key of new Set([...Object.keys(after), ...Object.keys(before)])) {
    yield* differences(own(before, key), own(after, key), `${path}/${escaped(key)}`);
  }
}

type Container = Readonly<Record<string, unknown>>;

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function own(container: Container, key: string): unknown {
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

/** An integer is the same number whether it was read as `number` or, to be exact, as `bigint`. */
function sameScalar(a: unknown, b: unknown): boolean {
  if (typeof a === 'bigint' || typeof b === 'bigint') return isNumber(a) && isNumber(b) && `${a}` === `${b}`;
  return Object.is(a, b);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
