import { createHash } from 'node:crypto';

/** 128 bits of SHA-256 in base64url: enough that no two contents are taken for one, and short in memory. */
const hashLength = 22;

export function shortHash(text: string): string {
  const whole = createHash('sha256').update(text).digest('base64url');
  // Not `slice`: V8 keeps the whole text of what is cut out of one.
  return Buffer.from(whole, 'latin1').toString('latin1', 0, hashLength);
}
