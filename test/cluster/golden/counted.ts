/** Adds up what has the same name. */
export function counted(parts: readonly (readonly [string, number])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [name, count] of parts) counts.set(name, (counts.get(name) ?? 0) + count);
  return counts;
}
