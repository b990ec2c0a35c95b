import { isDeepStrictEqual } from 'node:util';
import { type DeliveryRecord, type DesiredState, deliverySubject, type StateStore } from '../../api/index.ts';
import type { Clock, EventBody, Subject } from '../../core/index.ts';
import type { HealthOfDeliveries } from '../health/health-of-deliveries.ts';
import { beneath, keepDelivery } from '../journal/way-back-status.ts';
import type { DeliveryTargets } from '../places/delivery-targets.ts';
import { StageFailure } from '../stages/stage-failure.ts';
import { afterWithdrawalFailure } from '../status/delivery-transition.ts';
import { claimEvents } from '../status/listed-condition.ts';
import type { DeliveryEnd } from './delivery-end.ts';
import { DeliveryRun } from './delivery-run.ts';
import type { Fights } from './fights.ts';
import type { TakingBack } from './taking-back.ts';
import { awaitTermination } from './termination.ts';

interface WithdrawalDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly emit: (subject: Subject, body: EventBody) => void;
  readonly health: HealthOfDeliveries;
  readonly targets: DeliveryTargets;
  readonly fights: Fights;
  readonly takingBack: TakingBack;
}

/**
 * Takes back what a delivery owned that left the configuration, then forgets it; what was to stay is only forgotten. When it fails, objects
 * are being handed over, or it waits until they are gone, the delivery is not forgotten. Rejects only when the signal aborts or the state
 * cannot be written.
 */
export async function withdrawDelivery(
  deps: WithdrawalDeps,
  before: DeliveryRecord,
  desired: DesiredState,
  signal: AbortSignal,
): Promise<DeliveryEnd> {
  const { clock, health, takingBack } = deps;
  const { namespace, name } = before;
  health.end(before);
  const run = new DeliveryRun(beneath(before), deps);
  try {
    if (before.prune) await takingBack.all({ owner: { namespace, name }, desired }, run, signal);
    return endWithdrawal(deps, before, run);
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof StageFailure)) throw thrown;
    const failure = afterWithdrawalFailure(run.record, clock.now(), thrown);
    const record = keepDelivery(deps.state, failure.record, clock.now());
    tell(deps, record, failure.events);
    return { ...endOf(run), failures: record.failures, error: thrown.error };
  }
}

function endWithdrawal(deps: WithdrawalDeps, before: DeliveryRecord, run: DeliveryRun): DeliveryEnd {
  const { state, targets, fights } = deps;
  const { departures = [] } = run;
  if (before.termination !== undefined && departures.length > 0) return awaitObjects(deps, run, departures);
  fights.forget(before);
  if (run.isHandingOver) waitForOthers(deps, run);
  else {
    state.deliveries.remove(before.namespace, before.name);
    targets.forget(before);
  }
  return { ...endOf(run), failures: 0 };
}

function endOf({
  changes: changed,
  isHandingOver,
}: DeliveryRun): Pick<DeliveryEnd, 'changed' | 'isHandingOver'> {
  return { changed, isHandingOver };
}

/** Says who may ask for what is left, where that is not known. */
function waitForOthers(deps: WithdrawalDeps, run: DeliveryRun): void {
  const { state, clock } = deps;
  const known = run.record;
  const record = run.withFindings(known, clock.now());
  if (record !== known) keepDelivery(state, record, clock.now());
  tell(deps, record, claimEvents(known, record));
}

function awaitObjects(deps: WithdrawalDeps, run: DeliveryRun, departures: readonly string[]): DeliveryEnd {
  const { state, clock } = deps;
  const now = { wall: clock.now(), machine: clock.monotonic() };
  const { transition, lookAgainMs } = awaitTermination(run.record, departures, now);
  const { record, events, error } = transition;
  const known = state.deliveries.find(record.namespace, record.name);
  if (!isDeepStrictEqual(known, record)) state.deliveries.save(record);
  tell(deps, record, events);
  const end = { ...endOf(run), failures: record.failures, lookAgainMs };
  return error === undefined ? end : { ...end, error };
}

function tell({ emit }: WithdrawalDeps, record: DeliveryRecord, events: readonly EventBody[]): void {
  for (const event of events) emit(deliverySubject(record), event);
}
