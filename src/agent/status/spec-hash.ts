import { createHash } from 'node:crypto';

/** Changes whenever the spec of an object changes; counted as its generation. */
export function specHash(spec: unknown): string {
  return createHash('sha256').update(JSON.stringify(spec)).digest('hex');
}
