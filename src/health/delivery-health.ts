import { inventoryId } from '../api/index.ts';
import { formatRef, type KubernetesObject, type ObjectRef } from '../core/index.ts';
import { current, type Health, type HealthRule, unknown } from './health.ts';

/** An object that a delivery waits for. */
export interface WaitedObject {
  readonly ref: ObjectRef;
  /** Its absence is no fault: a job that ends and goes by itself. */
  readonly mayGo: boolean;
}

/** `waiting`: for objects that are on their way; `failed`: one says that it has failed; `timed-out`: not all got there in time. */
export type HealthPhase = 'waiting' | 'healthy' | 'failed' | 'timed-out';

export interface HealthTask {
  readonly objects: readonly WaitedObject[];
  /** Milliseconds in which all have to become current. */
  readonly timeoutMs: number;
  readonly rule: HealthRule;
  /** Milliseconds for which they were waited for before, by an agent that has ended. Default none. */
  readonly passedMs?: number;
  /** They are known to have been current: each counts as such until it is told otherwise. */
  readonly wasHealthy: boolean;
}

interface Entry extends WaitedObject {
  /** `undefined` until it was told. */
  health: Health | undefined;
  /** Only while time alone may change what is said of it. */
  live: KubernetesObject | undefined;
  pods: readonly KubernetesObject[];
}

/** Two clocks: moments of waiting are monotonic, what objects say of time is on the wall. Milliseconds both. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

const noPods: readonly KubernetesObject[] = [];

/** More than fits a status message helps nobody. */
const maxListed = 20;

/**
 * How a delivery is doing: a state, moved by what is told of its objects and by time. Healthy is left at once and found again at once; what is
 * late stays so until all are current.
 */
export class DeliveryHealth {
  readonly #rule: HealthRule;
  readonly #timeoutMs: number;
  readonly #entries: ReadonlyMap<string, Entry>;
  /** By id, in no order: what is not current. */
  readonly #behind = new Map<string, Entry>();
  /** Those of them that have failed. */
  readonly #failed = new Set<string>();
  /** Those of them that time alone may change. */
  readonly #timed = new Map<string, Entry>();
  #phase: HealthPhase;
  #since: number;
  /** It was healthy once. */
  #wasHealthy: boolean;

  constructor({ objects, timeoutMs, rule, passedMs = 0, wasHealthy }: HealthTask, { monotonic }: Moment) {
    this.#rule = rule;
    this.#timeoutMs = timeoutMs;
    const entries = objects.map((one) => ({ ...one, health: undefined, live: undefined, pods: noPods }));
    this.#entries = new Map(entries.map((entry) => [inventoryId(entry.ref), entry]));
    if (!wasHealthy) for (const [id, entry] of this.#entries) this.#behind.set(id, entry);
    this.#phase = this.#behind.size === 0 ? 'healthy' : 'waiting';
    this.#since = monotonic - passedMs;
    this.#wasHealthy = this.#phase === 'healthy';
  }

  get phase(): HealthPhase {
    return this.#phase;
  }

  /** When the waiting began, on the monotonic clock. */
  get since(): number {
    return this.#since;
  }

  /** Takes what is told of an object, `undefined` when it is not there. Of objects that nobody waits for nothing is taken. */
  tell(
    ref: ObjectRef,
    live: KubernetesObject | undefined,
    moment: Moment,
    pods: readonly KubernetesObject[] = noPods,
  ): void {
    const id = inventoryId(ref);
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.live = live;
    entry.pods = pods;
    this.#judge(id, entry, moment);
    this.#move(moment);
  }

  /** Time has passed. */
  look(moment: Moment): void {
    for (const [id, entry] of this.#timed)
      if (moment.wall >= (entry.health?.until ?? 0)) this.#judge(id, entry, moment);
    this.#move(moment);
  }

  /** Milliseconds until time alone may change something; `undefined` when only an object can. */
  nextLook({ monotonic, wall }: Moment): number | undefined {
    const moments = [...this.#timed.values()].map(({ health }) => (health?.until ?? wall) - wall);
    if (this.#phase === 'waiting') moments.push(this.#since + this.#timeoutMs - monotonic);
    return moments.length === 0 ? undefined : Math.max(0, Math.min(...moments));
  }

  /** What is waited for, in Flux's words and those of the objects; empty when nothing is. */
  describe(): string {
    const hasFailed = this.#phase === 'failed';
    const behind = [...this.#behind.values()].filter(
      ({ health }) => !hasFailed || health?.status === 'Failed',
    );
    if (behind.length === 0) return '';
    const listed = behind.slice(0, maxListed).map(({ ref, health }) => {
      const { status, message } = health ?? unknown('nothing was told of it yet');
      return `${formatRef(ref)} status: '${status}': ${message}`;
    });
    if (behind.length > maxListed) listed.push(`and ${behind.length - maxListed} more`);
    return `${phaseWords[this.#phase]}: [${listed.join(', ')}]`;
  }

  /** Changes when `describe` would name other objects, or the same ones with another status; of the first waiting nobody asks that. */
  get outline(): string {
    if (this.#phase === 'waiting' && !this.#wasHealthy) return this.#phase;
    const lines = [this.#phase, `${this.#behind.size}`];
    for (const { ref, health } of this.#behind.values()) {
      if (lines.length > maxListed + 1) break;
      lines.push(`${inventoryId(ref)} ${health?.status ?? ''}`);
    }
    return lines.join('\n');
  }

  #judge(id: string, entry: Entry, { wall }: Moment): void {
    const { live, pods } = entry;
    const health = live === undefined ? absent(entry) : this.#rule(live, wall, pods);
    entry.health = health;
    if (health.until === undefined) Object.assign(entry, { live: undefined, pods: noPods });
    keepIf(health.until !== undefined, this.#timed, id, entry);
    if (health.status === 'Failed') this.#failed.add(id);
    else this.#failed.delete(id);
    keepIf(health.status !== 'Current', this.#behind, id, entry);
  }

  #move({ monotonic }: Moment): void {
    const isLeft = this.#phase === 'healthy' && this.#behind.size > 0;
    if (isLeft) this.#since = monotonic;
    this.#phase = this.#phaseAt(monotonic);
    this.#wasHealthy ||= this.#phase === 'healthy';
  }

  #phaseAt(monotonic: number): HealthPhase {
    if (this.#behind.size === 0) return 'healthy';
    if (this.#failed.size > 0) return 'failed';
    return monotonic - this.#since >= this.#timeoutMs ? 'timed-out' : 'waiting';
  }
}

function keepIf(isKept: boolean, entries: Map<string, Entry>, id: string, entry: Entry): void {
  if (isKept) entries.set(id, entry);
  else entries.delete(id);
}

const phaseWords: Readonly<Record<HealthPhase, string>> = {
  waiting: 'waiting for',
  healthy: '',
  failed: 'failed early due to stalled resources',
  'timed-out': 'timeout waiting for',
};

function absent({ mayGo }: WaitedObject): Health {
  if (mayGo) return current('it has ended and is gone');
  return { status: 'NotFound', message: 'it is not there' };
}
