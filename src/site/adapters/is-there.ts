import { statSync } from 'node:fs';

/** Whether something is there. @throws the error of the system where that cannot be seen: what is hidden is not absent. */
export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
