import { type Basis, formatRef, type ObjectRef, SealiftError } from '../../../core/index.ts';
import type { Sight } from '../knowledge/known-objects.ts';

/**
 * Refuses to write over another object than the one that it was decided on. Where the one is gone, nothing is written over.
 * @throws SealiftError TARGET_CHANGED
 */
export function refuseAnother(ref: ObjectRef, sight: Sight | undefined, basis: Basis | undefined): void {
  if (basis === undefined || sight?.kind !== 'present') return;
  if (basis.kind === 'object' && basis.uid === sight.glimpse.uid) return;
  const expected = basis.kind === 'object' ? `the object ${basis.uid}` : 'nothing there';
  const detail = `expected ${expected}, got ${sight.glimpse.uid}: it was made since it was looked at`;
  throw new SealiftError('TARGET_CHANGED', formatRef(ref), detail);
}
