import { isDeepStrictEqual } from 'node:util';
import {
  type DeliveryRecord,
  deliverySubject,
  nameText,
  type ObjectName,
  type StateStore,
} from '../../api/index.ts';
import {
  type Clock,
  type EventBody,
  type HealthWatch,
  type Random,
  type SealiftError,
  type Subject,
  siteSubject,
} from '../../core/index.ts';
import type { HealthRule, WaitedObject } from '../../health/index.ts';
import { journalled } from '../journal/journal-transition.ts';
import { beneath, keepDelivery } from '../journal/way-back-status.ts';
import type { DeliveryTarget } from '../places/delivery-target.ts';
import { retryDelay } from '../queue/schedule.ts';
import {
  type Applied,
  afterApply,
  type DeliveryCycle,
  type DeliveryTransition,
} from '../status/delivery-transition.ts';
import {
  appliedEvent,
  begun,
  continued,
  type Follow,
  identityOf,
  isKnownHealthy,
  passedMs,
  reportOf,
  requestOf,
  waitingSince,
} from './follow.ts';
import { FollowedHealth } from './followed-health.ts';
import { healthTimeout, waitedObjects } from './health-task.ts';
import { afterHealth } from './health-transition.ts';

/** Milliseconds between two looks at a target that cannot be looked at, at most: a minute late is what an operator can live with. */
const maxPauseMs = 60_000;

export interface HealthDeps {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: (subject: Subject, body: EventBody) => void;
  /** The status of a delivery changed long after it was applied. */
  readonly moved: (delivery: ObjectName) => void;
}

/** How a run that applied everything is looked after. */
interface Looking {
  readonly rule: HealthRule;
  /** Ids of objects that were left as they are. */
  readonly kept: ReadonlySet<string>;
  readonly at: DeliveryTarget;
}

/** How every applied delivery is doing. Waiting is a state here, ended by what the target tells or by the clock. */
export class HealthOfDeliveries {
  readonly #deps: HealthDeps;
  readonly #follows = new Map<string, Follow>();
  readonly #settling = new Set<() => void>();
  /** By target: how often in a row it could not tell how objects are doing. */
  readonly #faults = new Map<string, number>();

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  /** A run of the delivery begins, and says itself what becomes of it: nothing is said beside that. */
  pause(delivery: ObjectName): void {
    this.#follows.get(nameText(delivery))?.health.pause();
  }

  /** The run has ended. */
  resume(delivery: ObjectName): void {
    this.#follows.get(nameText(delivery))?.health.resume();
  }

  /** Nobody waits for anything of the delivery any more. */
  end(delivery: ObjectName): void {
    const key = nameText(delivery);
    this.#follows.get(key)?.health.end();
    this.#follows.delete(key);
    this.#settle();
  }

  close(): void {
    for (const { health } of this.#follows.values()) health.end();
    this.#follows.clear();
    this.#settle();
  }

  /** What a run that applied everything means, by how the objects are doing. */
  afterApply(cycle: DeliveryCycle, applied: Applied, { rule, kept, at }: Looking): DeliveryTransition {
    const { delivery, record } = cycle;
    const waited = waitedObjects(delivery, applied.objects, kept);
    const watch = at.target.health;
    if (watch === undefined || waited.length === 0) {
      this.end(record);
      return afterApply(cycle, applied);
    }
    const before = this.#follows.get(nameText(record));
    const identity = identityOf(record, applied, waited, at.key);
    const isSame = before?.identity === identity;
    const isAskedAnew = before?.request !== requestOf(delivery) && before?.health.phase !== 'healthy';
    if (isSame && !isAskedAnew) return continued(cycle, applied, before);
    if (before !== undefined) this.#cancel(record, before);
    const wasHealthy = isKnownHealthy(cycle, applied);
    const follow = this.#follow(cycle, applied, { waited, rule, identity, wasHealthy, watch, key: at.key });
    return wasHealthy ? continued(cycle, applied, follow) : begun(cycle, follow);
  }

  /** A run that failed. Until one ends well again, it is the failure that counts. */
  afterFailure(record: DeliveryRecord, revision: string | undefined): void {
    const before = this.#follows.get(nameText(record));
    if (before !== undefined && revision !== undefined && before.attempt.revision !== revision)
      this.#cancel(record, before);
    this.end(record);
  }

  /** Resolves when no delivery waits any longer, with those that are not healthy. */
  async settled(signal: AbortSignal): Promise<readonly { subject: Subject; error: SealiftError }[]> {
    const isWaiting = ({ health }: Follow): boolean => health.phase === 'waiting';
    signal.addEventListener('abort', () => this.#settle(), { once: true });
    while (!signal.aborted && [...this.#follows.values()].some(isWaiting)) {
      await new Promise<void>((resolve) => this.#settling.add(resolve));
    }
    signal.throwIfAborted();
    return [...this.#follows.values()].flatMap(({ subject, error }) =>
      error === undefined ? [] : [{ subject, error }],
    );
  }

  #follow(
    { delivery, record }: DeliveryCycle,
    applied: Applied,
    task: {
      readonly waited: readonly WaitedObject[];
      readonly rule: HealthRule;
      readonly identity: string;
      readonly wasHealthy: boolean;
      readonly watch: HealthWatch;
      readonly key: string;
    },
  ): Follow {
    const { clock } = this.#deps;
    const { waited, rule, identity, wasHealthy, watch, key } = task;
    const { artifact, digest, durationMs } = applied;
    const timeoutMs = healthTimeout(delivery.spec);
    const reading = { wall: clock.now(), machine: clock.monotonic() };
    const waiting = waitingSince({ delivery, record, now: reading.wall }, identity, reading);
    const { namespace, name } = record;
    const changed = (): void => this.#changed({ namespace, name });
    const broken = (error: SealiftError): number => this.#complain(key, error);
    const told = (): void => void this.#faults.delete(key);
    this.#follows.get(nameText(record))?.health.end();
    const follow: Follow = {
      subject: deliverySubject(record),
      health: new FollowedHealth(
        { objects: waited, timeoutMs, rule, wasHealthy, passedMs: passedMs(waiting, timeoutMs, reading) },
        { watch, clock, changed, broken, told },
      ),
      counts: { objects: applied.objects.length, changed: applied.changed },
      attempt: { revision: artifact.revision, annotations: artifact.annotations, digest, durationMs },
      timeoutMs,
      identity,
      request: requestOf(delivery),
      waiting,
      wasHealthy,
      error: undefined,
    };
    this.#follows.set(nameText(record), follow);
    return follow;
  }

  #cancel(record: DeliveryRecord, { health, attempt, wasHealthy }: Follow): void {
    if (health.phase !== 'waiting' || wasHealthy) return;
    this.#deps.emit(deliverySubject(record), { kind: 'health-cancelled', revision: attempt.revision });
  }

  #changed(delivery: ObjectName): void {
    const { state, clock, emit, moved } = this.#deps;
    const follow = this.#follows.get(nameText(delivery));
    const told = state.deliveries.find(delivery.namespace, delivery.name);
    if (follow === undefined || told === undefined) return;
    const record = beneath(told);
    const { revision } = follow.attempt;
    const now = clock.now();
    const health = afterHealth({ record, now }, reportOf(follow));
    const transition = journalled(health, { revision, stage: 'health', now });
    follow.error = transition.error;
    // Most of what is told while a delivery waits changes nothing of what it says.
    if (!isDeepStrictEqual(record, transition.record)) keepDelivery(state, transition.record, now);
    for (const event of transition.events) emit(deliverySubject(record), event);
    if (follow.health.phase === 'healthy') {
      if (!follow.wasHealthy) emit(deliverySubject(record), appliedEvent(follow));
      follow.wasHealthy = true;
    }
    moved(delivery);
    this.#settle();
  }

  /** Told once, until the target works again; says in how many milliseconds to ask again. */
  #complain(key: string, { code, message }: SealiftError): number {
    const { emit, random } = this.#deps;
    const faults = (this.#faults.get(key) ?? 0) + 1;
    this.#faults.set(key, faults);
    if (faults === 1) emit(siteSubject, { kind: 'failed', stage: 'health', code, message });
    return retryDelay(faults, maxPauseMs, random.next());
  }

  #settle(): void {
    for (const settle of this.#settling) settle();
    this.#settling.clear();
  }
}
