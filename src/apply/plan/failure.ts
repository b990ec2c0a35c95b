import { asSealiftError, formatRef, type ObjectRef, SealiftError, withoutTexts } from '../../core/index.ts';

export interface Failure {
  readonly ref: ObjectRef;
  /** What went wrong, without the object's name. */
  readonly detail: string;
  /** The fault of the target; absent when the plan refused the object. */
  readonly cause?: SealiftError;
}

/** What a target threw about an object, without what must not be repeated. */
export function failureOf(
  ref: ObjectRef,
  thrown: unknown,
  secretTexts: readonly string[] | undefined,
): Failure {
  const found = asSealiftError(thrown, formatRef(ref), 'TARGET_FAILED');
  const { code, subject, message, retryAfterMs } = found;
  const prefix = `${subject}: `;
  const said = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  if (secretTexts === undefined) return { ref, detail: said, cause: found };
  const detail = withoutTexts(said, secretTexts);
  // What caused it would say it once more.
  return { ref, detail, cause: new SealiftError(code, subject, detail, { retryAfterMs }) };
}
