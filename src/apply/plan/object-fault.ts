import { type ErrorCode, SealiftError } from '../../core/index.ts';

/** The target itself does not answer: there is nothing to look at. */
const endings: ReadonlySet<ErrorCode> = new Set(['TARGET_UNREACHABLE', 'TARGET_UNAUTHENTICATED']);

/** Whether a failure to look is one of this object or its kind, and says nothing of others. */
export function isFaultOfObject(thrown: unknown): thrown is SealiftError {
  return thrown instanceof SealiftError && thrown.code.startsWith('TARGET_') && !endings.has(thrown.code);
}
