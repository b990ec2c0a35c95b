/** Where a field stands: names of maps, numbers of lists. */
export type FieldPath = readonly (string | number)[];

type Fields = Readonly<Record<string, unknown>>;

/** The value at a path; `undefined` where there is none. */
export function fieldAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(inside, value);
}

/** What stands under one name or number. */
export function inside(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return typeof step === 'number' ? value[step] : undefined;
  return isFields(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

/**
 * A copy with another value at a path, in new maps where there are none; `undefined` takes the field away. An item that goes leaves its number
 * to nobody, so that others keep theirs: `withoutGaps` closes that.
 */
export function withField(value: unknown, path: FieldPath, field: unknown): unknown {
  const [step, ...further] = path;
  if (step === undefined) return field;
  if (field === undefined && inside(value, step) === undefined) return value;
  const inner = withField(inside(value, step), further, field);
  if (Array.isArray(value)) return value.with(Number(step), inner);
  const fields = isFields(value) ? value : {};
  if (inner !== undefined) return { ...fields, [step]: inner };
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== step));
}

/** A copy whose lists hold no gaps. */
export function withoutGaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== undefined).map(withoutGaps);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutGaps(field)]));
}

/** A map, as objects consist of. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
