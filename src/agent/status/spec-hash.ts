import { createHash } from 'node:crypto';

/** Changes whenever the spec of an object changes; counted as its generation. */
export function specHash(spec: unknown): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex');
}

interface OfSpec {
  readonly specHash: string;
  readonly generation: number;
}

/** The record under the spec of now; another spec is another generation. The same record where it is known already. */
export function underSpec<T extends OfSpec>(record: T, spec: unknown): T {
  const hash = specHash(spec);
  return record.specHash === hash ? record : { ...record, specHash: hash, generation: record.generation + 1 };
}
