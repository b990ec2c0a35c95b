import { SealiftError } from '../core/index.ts';

/** As names of objects: a file name everywhere, and never a path. */
const pattern = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** What a stored trusted root is called in policies. @throws SealiftError USAGE. */
export function checkRootName(name: string): string {
  if (pattern.test(name)) return name;
  const detail = `expected a name of lower-case letters, digits and -, of at most 63 characters, got ${JSON.stringify(name.slice(0, 80))}`;
  throw new SealiftError('USAGE', 'trusted root', detail);
}
