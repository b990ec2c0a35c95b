import { createHash } from 'node:crypto';

/** 128 bits of SHA-256 in base64url: enough that no two contents are taken for one, and short in memory. */
const hashLength = 22;

export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, hashLength);
}
