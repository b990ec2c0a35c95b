import { formatRef, type ObjectRef, SealiftError } from '../core/index.ts';

/** More than fits a status message helps nobody; the events name every object. */
const maxListed = 20;

export interface Failure {
  readonly ref: ObjectRef;
  /** What went wrong, without the object's name. */
  readonly detail: string;
  /** The fault of the target; absent when the plan refused the object. */
  readonly cause?: SealiftError;
}

/** One error for all objects of a delivery that failed. A fault of the target gives the code before a conflict does. */
export function failureReport(
  description: string,
  failures: readonly Failure[],
  heldDeletions: number,
): SealiftError {
  const listed = failures.slice(0, maxListed).map(({ ref, detail }) => `${formatRef(ref)} ${detail}`);
  if (failures.length > maxListed) listed.push(`and ${failures.length - maxListed} more`);
  if (heldDeletions > 0) listed.push(`deletions that wait until every write is through: ${heldDeletions}`);
  const faults = failures.map(({ cause }) => cause).filter((cause) => cause !== undefined);
  const code = faults[0]?.code ?? 'TARGET_CONFLICT';
  const noun = failures.length === 1 ? '1 object' : `${failures.length} objects`;
  return new SealiftError(code, description, `${noun} could not be delivered: ${listed.join('; ')}`, {
    cause: faults.length > 1 ? new AggregateError(faults) : faults[0],
  });
}
