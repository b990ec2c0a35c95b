import { SealiftError } from '../../../core/index.ts';

/** A kind that is not served says nothing of its objects; every other failure is one. */
export function unlessUnserved(thrown: unknown): 'unserved' {
  if (isUnserved(thrown)) return 'unserved';
  throw thrown;
}

export function isUnserved(thrown: unknown): boolean {
  return thrown instanceof SealiftError && thrown.code === 'TARGET_KIND_UNKNOWN';
}
