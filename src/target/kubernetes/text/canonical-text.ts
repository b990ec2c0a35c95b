/** JSON with the fields of every map in one order: the same value gives the same text. Integers of any size stay exact. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, inOrder);
}

/** JSON knows no integer beyond 2^53: such a one becomes text that no manifest holds. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `\u0000integer ${value}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
