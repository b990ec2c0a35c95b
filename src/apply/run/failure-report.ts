import { formatRef, type ObjectRef, SealiftError } from '../../core/index.ts';
import type { Failure } from '../plan/failure.ts';
import type { Plan } from '../plan/plan.ts';

/** More than fits a status message helps nobody; the events name every object. */
const maxListed = 20;

/** What could not even be tried. */
export interface Held {
  /** For each write: the failed one that it waits for. */
  readonly writes: readonly ObjectRef[];
  /** Writes that wait because other objects are refused. */
  readonly valid: number;
  /** Deletions that wait because a write failed. */
  readonly deletions: number;
  /** Deletions that are more than may go at once. */
  readonly beyondLimit: number;
}

/** One error for all objects of a delivery that failed. A fault of the target gives the code before a conflict does. */
export function failureReport(description: string, failures: readonly Failure[], held: Held): SealiftError {
  const listed = failures.slice(0, maxListed).map(({ ref, detail }) => `${formatRef(ref)} ${detail}`);
  if (failures.length > maxListed) listed.push(`and ${failures.length - maxListed} more`);
  listed.push(...waits(held.writes));
  if (held.valid > 0) listed.push(`writes that wait until no object is refused: ${held.valid}`);
  if (held.deletions > 0) listed.push(`deletions that wait until every write is through: ${held.deletions}`);
  if (held.beyondLimit > 0) listed.push(`deletions that are more than may go at once: ${held.beyondLimit}`);
  const faults = failures.map(({ cause }) => cause).filter((cause) => cause !== undefined);
  const code = faults[0]?.code ?? 'TARGET_CONFLICT';
  const noun = failures.length === 1 ? '1 object' : `${failures.length} objects`;
  return new SealiftError(code, description, `${noun} could not be delivered: ${listed.join('; ')}`, {
    cause: faults.length > 1 ? new AggregateError(faults) : faults[0],
  });
}

/** The error where nothing went wrong but that too much would go; `undefined` where nothing is held. */
export function pruneLimitFault(description: string, plan: Plan, held: number): SealiftError | undefined {
  if (held === 0) return undefined;
  const listed = plan.prunes.filter(({ kind }) => kind === 'hold').slice(0, maxListed);
  const names = listed.map(({ ref }) => formatRef(ref)).join(', ');
  const more = held > listed.length ? ` and ${held - listed.length} more` : '';
  const detail = `expected most of its objects to stay, got ${held} that would go and are kept: ${names}${more}`;
  return new SealiftError('PRUNE_LIMIT', description, detail);
}

function waits(blockers: readonly ObjectRef[]): string[] {
  const names = blockers.map(formatRef);
  const counted = [...new Set(names)].map((name) => [name, names.filter((one) => one === name).length]);
  return counted.slice(0, maxListed).map(([name, count]) => `objects that wait for ${name}: ${count}`);
}
