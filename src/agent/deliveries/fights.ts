import { inventoryId, nameText, type ObjectName } from '../../api/index.ts';
import type { Plan, WriteStep } from '../../apply/index.ts';
import { type Clock, formatRef, type ObjectRef, rfc3339 } from '../../core/index.ts';
import { afterRepair, type FightState, isFight, isOver, isResting, nextMoment } from './fight.ts';

interface Contested {
  readonly ref: ObjectRef;
  readonly state: FightState;
  /** Who else wrote the object, where the target tells. */
  readonly by: readonly string[];
  /** JSON pointers of what differed. */
  readonly fields: readonly string[];
}

interface Delivery {
  /** Of what is in force: other objects, other fights. */
  readonly identity: string;
  readonly objects: Map<string, Contested>;
}

type Difference = Omit<Contested, 'state'> & Pick<FightState, 'difference' | 'place'>;

/** Fields that are named of one object: the first ones say what it is about. */
const maxFields = 3;

/** Which objects are changed by another hand again and again. In memory alone: after a restart it takes a few rounds to know. */
export class Fights {
  readonly #clock: Clock;
  readonly #deliveries = new Map<string, Delivery>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The fights of a delivery for what it has in force. */
  of(owner: ObjectName, identity: string): DeliveryFights {
    const key = nameText(owner);
    const known = this.#deliveries.get(key);
    const isKnown = known?.identity === identity;
    const delivery = isKnown ? known : { identity, objects: new Map<string, Contested>() };
    this.#deliveries.set(key, delivery);
    return new DeliveryFights(this.#clock, delivery.objects, isKnown);
  }

  forget(owner: ObjectName): void {
    this.#deliveries.delete(nameText(owner));
  }
}

/** The fights of one delivery, during one run. */
export class DeliveryFights {
  readonly #clock: Clock;
  readonly #objects: Map<string, Contested>;
  /** The same was in force before: what differs now was changed by another hand. */
  readonly #isKnown: boolean;
  #differences = new Map<string, Difference>();

  constructor(clock: Clock, objects: Map<string, Contested>, isKnown: boolean) {
    this.#clock = clock;
    this.#objects = objects;
    this.#isKnown = isKnown;
    const now = clock.monotonic();
    for (const [id, { state }] of objects) if (isOver(state, now)) objects.delete(id);
  }

  /** Inventory ids of objects that are left alone for now. */
  get resting(): ReadonlySet<string> {
    const now = this.#clock.monotonic();
    return new Set([...this.#objects].filter(([, { state }]) => isResting(state, now)).map(([id]) => id));
  }

  /** Notes what differs, before it is repaired. */
  planned({ applies }: Plan): void {
    if (!this.#isKnown) return;
    const differing = applies.filter((step) => step.kind === 'change' || step.kind === 'create');
    this.#differences = new Map(differing.map((step) => [inventoryId(step.ref), differenceOf(step)]));
  }

  /** An object was written; says what it is about when that makes a fight, or a longer one. */
  written(ref: ObjectRef): string | undefined {
    const id = inventoryId(ref);
    const difference = this.#differences.get(id);
    if (difference === undefined) return undefined;
    const at = this.#clock.monotonic();
    const state = afterRepair(this.#objects.get(id)?.state, { ...difference, at });
    const { ref: object, by, fields } = difference;
    const contested = { ref: object, by, fields, state };
    this.#objects.set(id, contested);
    return isResting(state, at) ? this.#describe(contested) : undefined;
  }

  /** What every fight is about, in words; empty when there is none. */
  describe(): readonly string[] {
    const now = this.#clock.monotonic();
    const fights = [...this.#objects.values()].filter(({ state }) => isFight(state, now));
    return fights.map((contested) => this.#describe(contested));
  }

  /** In how many milliseconds there is something to look at again; `undefined` when there is no fight. */
  get nextMs(): number | undefined {
    const now = this.#clock.monotonic();
    const moments = [...this.#objects.values()]
      .map(({ state }) => nextMoment(state, now))
      .filter((moment) => moment !== undefined);
    return moments.length === 0 ? undefined : Math.max(0, Math.min(...moments) - now);
  }

  #describe({ ref, by, fields, state: { restUntil } }: Contested): string {
    const what = fields.length === 0 ? 'is gone or broken' : `${listed(fields)} changed`;
    const who = by.length === 0 ? 'another hand' : by.join(', ');
    const until = rfc3339(this.#clock.now() + restUntil - this.#clock.monotonic());
    return `${formatRef(ref)}: ${what} by ${who} again and again; left alone until ${until}`;
  }
}

function differenceOf(step: WriteStep): Difference {
  if (step.kind === 'create') return { ref: step.ref, by: [], fields: [], difference: 'gone', place: 'gone' };
  const { ref, by = [], changes } = step;
  const fields = changes?.fields ?? [];
  const paths = fields.map(({ path }) => path);
  return { ref, by, fields: paths, difference: JSON.stringify(fields), place: JSON.stringify(paths) };
}

function listed(fields: readonly string[]): string {
  const more = fields.length > maxFields ? ` and ${fields.length - maxFields} more` : '';
  return `${fields.slice(0, maxFields).join(', ')}${more}`;
}
