import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';

/** Changes when a file is written, replaced or given other rights; stays when it is renamed. */
export function identityOf({ dev, ino, size, mtimeNs, mode }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${mode}`;
}

/** The identity of what stands at a path; `undefined` when nothing can be seen there. */
export async function identityAt(path: string): Promise<string | undefined> {
  const found = await lstat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? undefined : identityOf(found);
}
