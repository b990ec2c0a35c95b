import type { Traces } from '../../api/index.ts';
import {
  type Clock,
  type Departure,
  type HealthWatch,
  isKind,
  type KubernetesObject,
  type ObjectRef,
  type Observation,
  type Random,
  refOf,
  SealiftError,
  type Target,
  type TargetTrials,
  type TrialVerdict,
  type WriteOptions,
} from '../../core/index.ts';
import type { ApiResource, KubernetesClient, LiveObject } from './client/client.ts';
import { isUnserved, unlessUnserved } from './client/unserved-kind.ts';
import { isAsAsked } from './comparing/as-asked.ts';
import { asFarAsAsked } from './comparing/shown-live.ts';
import { otherWriters } from './fields/other-writers.ts';
import { createHealthWatch } from './health/health-watch.ts';
import { podsBy } from './health/pods-by.ts';
import type { Asked } from './knowledge/asked.ts';
import { type Glimpse, glimpseOf } from './knowledge/glimpse.ts';
import { KindsGone } from './knowledge/kinds-gone.ts';
import { Knowledge } from './knowledge/knowledge.ts';
import { Remembered } from './knowledge/remembered.ts';
import { isToTakeOver } from './knowledge/trace-of.ts';
import { Trials } from './trial/trials.ts';
import { appliedForm } from './writing/applied-form.ts';
import { NewSchemas } from './writing/new-schemas.ts';
import { refuseAnother } from './writing/refuse-another.ts';
import { writeObject } from './writing/write-object.ts';

export interface KubernetesTargetPorts {
  /** Stays open: who made it closes it. */
  readonly client: KubernetesClient;
  /** What is remembered of written objects; of this cluster alone. */
  readonly traces: Traces;
  readonly clock: Clock;
  readonly random: Random;
  /** Selects the pods that may say what an object waits for, as a request writes it; `undefined` when it waits for none. */
  readonly podsOf: (object: KubernetesObject) => string | undefined;
}

/** A Kubernetes API as a target. While it is watched, what is as it was left is known without asking. */
export function createKubernetesTarget(ports: KubernetesTargetPorts): Target {
  return new KubernetesTarget(ports);
}

/** Writes at once: as many as one API server answers side by side on few connections. */
const parallelWrites = 8;

class KubernetesTarget implements Target {
  readonly description: string;
  readonly parallelWrites: number = parallelWrites;
  readonly health: HealthWatch;
  readonly trials: TargetTrials;
  readonly #client: KubernetesClient;
  readonly #remembered: Remembered;
  readonly #clock: Clock;
  readonly #knowledge: Knowledge;
  readonly #gone: KindsGone;
  readonly #trials: Trials;
  readonly #schemas: NewSchemas;

  constructor({ client, traces, clock, random, podsOf }: KubernetesTargetPorts) {
    this.description = `cluster ${client.server}`;
    this.#client = client;
    this.#remembered = new Remembered(traces);
    this.#clock = clock;
    this.#gone = new KindsGone(client, clock);
    this.#trials = new Trials(client, traces);
    this.#schemas = new NewSchemas(clock);
    this.trials = { verdictOn: (...asked) => this.#verdictOn(...asked) };
    const isOurs = (id: string): boolean => this.#remembered.has(id);
    this.#knowledge = new Knowledge({ client, clock, random, isOurs });
    this.health = createHealthWatch({
      clock,
      knowledge: this.#knowledge,
      placed: (ref, signal) => this.place(ref, signal),
      read: async (ref, signal) => {
        const live = await client.get(ref, signal).catch(unlessUnserved);
        return live === 'unserved' ? undefined : live;
      },
      podsOf,
      pods: podsBy(client),
    });
  }

  async observe(
    named: ObjectRef,
    desired: KubernetesObject | undefined,
    signal: AbortSignal,
    ignored: readonly string[] = [],
  ): Promise<Observation> {
    signal.throwIfAborted();
    const asked = desired && { desired, ignored };
    const resource = await this.#client.resourceOf(named, signal);
    if (resource === undefined) return this.#look(named, asked, signal);
    const ref = placedIn(resource, named);
    // It was of a kind that had no namespaces, and that went with its objects.
    if (resource.namespaced && ref.namespace === '' && desired === undefined) return { kind: 'absent' };
    const sight = await this.#knowledge.sight(ref, signal);
    if (sight?.kind === 'absent') return { kind: 'absent' };
    // Whoever asks for it no more has to know what it defines.
    if (desired === undefined && isKind(ref, 'definition')) return this.#look(ref, undefined, signal);
    const known = sight && this.#answer(ref, sight.glimpse, asked);
    return known ?? this.#look(ref, asked, signal);
  }

  async #verdictOn(
    object: KubernetesObject,
    { recreate, ignored = [] }: Pick<WriteOptions, 'recreate' | 'ignored'>,
    signal: AbortSignal,
  ): Promise<TrialVerdict> {
    signal.throwIfAborted();
    const ref = await this.place(refOf(object), signal);
    if (ref === undefined) return { kind: 'undecided' };
    const isNew = this.#knowledge.lastSight(ref)?.kind === 'absent';
    return this.#schemas.trial(
      ref,
      (isSettled) =>
        this.#trials.verdictOn({ ref, object, isNew, recreate: recreate && isSettled, ignored }, signal),
      signal,
    );
  }

  async write(
    object: KubernetesObject,
    { recreate, basis, deleted = () => undefined, ignored = [], warned }: WriteOptions,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const ref = (await this.place(refOf(object), signal)) ?? refOf(object);
    const writing = this.#knowledge.writing(ref, async () => {
      const sight = this.#knowledge.lastSight(ref);
      refuseAnother(ref, sight, basis);
      const isNew = basis?.kind === 'nothing';
      const mayTakeOver = sight?.kind === 'present' && isToTakeOver(sight.glimpse, object);
      // Not after: whoever dies in between must not take the new object for the old one.
      this.#remembered.forget(ref);
      this.#trials.writing(ref);
      const ports = { client: this.#client, clock: this.#clock, warned };
      const how = { object: appliedForm(object), mayTakeOver, isNew, ignored };
      const act = (isSettled: boolean): Promise<LiveObject> =>
        writeObject(ports, { ...how, recreate: recreate && isSettled ? deleted : undefined }, signal);
      const live = await this.#schemas.write(ref, act, signal);
      this.#knowledge.learn(ref, live.metadata);
      this.#remembered.save(ref, { desired: object, ignored }, glimpseOf(live.metadata));
      if (!isKind(ref, 'definition')) return;
      this.#schemas.learn(live);
      this.#knowledge.kick();
    });
    await writing.catch((thrown) => this.#overtaken(ref, thrown));
  }

  async remove(named: ObjectRef, signal: AbortSignal, planned?: string): Promise<Departure | undefined> {
    signal.throwIfAborted();
    const ref = (await this.place(named, signal)) ?? named;
    const sight = this.#knowledge.lastSight(ref);
    const uid = planned ?? (sight?.kind === 'present' ? sight.glimpse.uid : undefined);
    const only = uid === undefined ? {} : { uid };
    const removal = this.#client.remove(ref, only, signal);
    const left = await removal.catch(async (thrown) => {
      if (!isUnserved(thrown)) return this.#overtaken(ref, thrown);
      if (await this.#gone.has(ref, signal)) return undefined;
      throw thrown;
    });
    this.#remembered.forget(ref);
    if (isKind(ref, 'definition')) this.#client.forget();
    // That it is gone is news to whoever waits for that.
    if (left === undefined) this.#knowledge.drop(ref);
    else this.#knowledge.learn(ref, left);
    return left && glimpseOf(left).departure;
  }

  /** Whoever plans anew sees what is there. */
  #overtaken(ref: ObjectRef, thrown: unknown): never {
    if (thrown instanceof SealiftError && thrown.code === 'TARGET_CHANGED') this.#knowledge.doubt(ref);
    throw thrown;
  }

  watch(changed: (ref: ObjectRef | undefined) => void, signal: AbortSignal): Promise<void> {
    return this.#knowledge.watch(changed, signal);
  }

  /** What can be said without reading; `undefined` when somebody changed what is ours, which has to be looked at. */
  #answer(ref: ObjectRef, glimpse: Glimpse, asked: Asked | undefined): Observation | undefined {
    if (asked === undefined) return presentAs(glimpse, false);
    const matches = this.#remembered.matches(ref, glimpse, asked);
    return matches === undefined ? undefined : presentAs(glimpse, matches);
  }

  /** Reads the object. */
  async #look(ref: ObjectRef, asked: Asked | undefined, signal: AbortSignal): Promise<Observation> {
    const live = await this.#client.get(ref, signal).catch(unlessUnserved);
    // Of what is not served nothing is seen: that it is there once it is served is news.
    this.#knowledge.learn(ref, live === 'unserved' ? undefined : live?.metadata);
    if (live === undefined) return { kind: 'absent' };
    if (live !== 'unserved') return this.#compare(ref, live, asked, signal);
    // What is asked for may have its definition beside it.
    const isGone = asked === undefined && (await this.#gone.has(ref, signal));
    return { kind: isGone ? 'absent' : 'unserved' };
  }

  async #compare(
    ref: ObjectRef,
    live: LiveObject,
    asked: Asked | undefined,
    signal: AbortSignal,
  ): Promise<Observation> {
    const glimpse = glimpseOf(live.metadata);
    if (asked === undefined)
      return { ...presentAs(glimpse, false), ...(isKind(ref, 'definition') ? { live } : {}) };
    const known = this.#answer(ref, glimpse, asked);
    if (known?.kind === 'present' && known.matches) return known;
    const mayMatch = this.#remembered.mayMatch(ref, asked);
    const matches = mayMatch && (await isAsAsked(this.#client, live, asked, signal));
    if (matches) this.#remembered.save(ref, asked, glimpse);
    const writers = otherWriters(live.metadata);
    return { ...presentAs(glimpse, matches), live: asFarAsAsked(live, asked.desired), writers };
  }

  /** The reference under which the server keeps the object: without a namespace where its kind has none. `undefined` for a kind that is not served. */
  async place(ref: ObjectRef, signal: AbortSignal): Promise<ObjectRef | undefined> {
    const resource = await this.#client.resourceOf(ref, signal);
    return resource && placedIn(resource, ref);
  }
}

function placedIn({ namespaced }: ApiResource, ref: ObjectRef): ObjectRef {
  return namespaced || ref.namespace === '' ? ref : { ...ref, namespace: '' };
}

function presentAs(
  { uid, owner, marks, departure }: Glimpse,
  matches: boolean,
): Observation & { readonly kind: 'present' } {
  return { kind: 'present', uid, owner, matches, marks, ...(departure === undefined ? {} : { departure }) };
}
