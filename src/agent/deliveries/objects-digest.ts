import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../../core/index.ts';

/** Integers beyond 2^53 are bigints, which JSON does not know. */
function exact(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

/** Changes whenever anything changes of what a build yields. */
export function objectsDigest(objects: readonly KubernetesObject[]): string {
  const hash = createHash('sha256');
  for (const object of objects) hash.update(JSON.stringify(object, exact)).update('\n');
  return `sha256:${hash.digest('hex')}`;
}
