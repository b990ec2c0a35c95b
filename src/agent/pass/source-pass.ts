import { type DesiredState, type OciRepository, sourceSubject } from '../../api/index.ts';
import { inParallel, type SealiftError } from '../../core/index.ts';
import type { Reconcilers } from '../parts/reconcilers.ts';
import type { Failure } from './convergence.ts';

/** As many as the engine has at once. */
const parallelPolls = 4;

/** Failures of judgements or polls, by source. */
type Failures = ReadonlyMap<OciRepository, SealiftError>;

/** Judges again what is in force under other policies or keys; what is denied is so at every pass. */
async function judgeAll(
  { sources }: Reconcilers,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Failures> {
  const failures = new Map<OciRepository, SealiftError>();
  const judge = async (source: OciRepository, stop: AbortSignal): Promise<void> => {
    const judged = await sources.judge(source, desired, stop);
    const error = judged.error ?? sources.inForce.denial(source, desired);
    if (error !== undefined) failures.set(source, error);
  };
  await inParallel(desired.sources, parallelPolls, judge, signal);
  return failures;
}

async function pollAll(
  { sources }: Reconcilers,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<Failures> {
  const active = desired.sources.filter(({ spec }) => !spec.suspend);
  const failures = new Map<OciRepository, SealiftError>();
  const poll = async (source: OciRepository, stop: AbortSignal): Promise<void> => {
    const { error } = await sources.reconcile(source, desired, stop);
    if (error !== undefined) failures.set(source, error);
  };
  await inParallel(active, parallelPolls, poll, signal);
  return failures;
}

/**
 * What to report of each source. A poll speaks of what the source names now; where it could not find that out, or nobody polls, why what is in
 * force is not used any more is not hidden behind that.
 */
function sourceFailures(sources: readonly OciRepository[], judged: Failures, polled: Failures): Failure[] {
  return sources.flatMap((source) => {
    const subject = sourceSubject(source.metadata);
    const [again, now] = [judged.get(source), polled.get(source)];
    const isTold = source.spec.suspend || (now?.origin === 'registry' && now.code !== again?.code);
    return [...(isTold && again !== undefined ? [again] : []), ...(now === undefined ? [] : [now])].map(
      (error) => ({ subject, error }),
    );
  });
}

/** Judges what is in force, then polls. Gives what failed, in the order of the sources. */
export async function passOverSources(
  reconcilers: Reconcilers,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<readonly Failure[]> {
  const judged = await judgeAll(reconcilers, desired, signal);
  const polled = await pollAll(reconcilers, desired, signal);
  return sourceFailures(desired.sources, judged, polled);
}
