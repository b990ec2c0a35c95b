/** Deep enough for a trusted root, which has five levels. */
const maxDepth = 16;

/**
 * When the log or authority of a trusted root began that began last, in milliseconds since the epoch; `undefined` where none says so. Roots
 * only ever gain members and end them: of two roots of one instance the one with the earlier newest member is the older one.
 */
export function newestMember(content: Uint8Array): number | undefined {
  const starts = startsIn(JSON.parse(Buffer.from(content).toString()), 0);
  return starts.length === 0 ? undefined : starts.reduce((newest, start) => Math.max(newest, start));
}

function startsIn(value: unknown, depth: number): readonly number[] {
  if (typeof value !== 'object' || value === null || depth > maxDepth) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    if (field !== 'validFor') return startsIn(inner, depth + 1);
    const start: unknown = inner?.start;
    const at = typeof start === 'string' ? Date.parse(start) : Number.NaN;
    return Number.isNaN(at) ? [] : [at];
  });
}
