import { createHash } from 'node:crypto';

/** Changes whenever the spec of an object changes; counted as its generation. */
export function specHash(spec: unknown): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex');
}

interface OfSpec {
  readonly specHash: string;
  readonly generation: number;
  readonly suspended?: boolean;
}

/** The record under the spec of now; another spec is another generation. The same record where it is known already. */
export function underSpec<T extends OfSpec>(record: T, spec: { readonly suspend: boolean }): T {
  const hash = specHash(spec);
  if (record.specHash === hash) return record;
  return { ...record, specHash: hash, generation: record.generation + 1, suspended: spec.suspend };
}
