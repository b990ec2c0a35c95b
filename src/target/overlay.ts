import { isDeepStrictEqual } from 'node:util';
import { inventoryId } from '../api/index.ts';
import {
  isKind,
  type KubernetesObject,
  type ObjectRef,
  type Observation,
  refOf,
  type Target,
  type TargetTrials,
  type TrialVerdict,
  type WriteOptions,
  withoutIgnored,
} from '../core/index.ts';
import { ownerOf } from './owner-of.ts';

/** A target that lets another one be looked at and keeps for itself what is written: what would be there. */
export function createOverlayTarget(under: Target): Target {
  return new Overlay(under);
}

class Overlay implements Target {
  readonly description: string;
  readonly trials: TargetTrials = { verdictOn: (...asked) => this.#verdictOn(...asked) };
  readonly #under: Target;
  /** `undefined` for what would be gone. */
  readonly #written = new Map<string, KubernetesObject | undefined>();
  readonly #verdicts = new WeakMap<KubernetesObject, TrialVerdict>();

  constructor(under: Target) {
    this.description = under.description;
    this.#under = under;
  }

  /** As the one below would; each object is tried once. */
  async #verdictOn(
    object: KubernetesObject,
    options: Pick<WriteOptions, 'recreate' | 'ignored'>,
    signal: AbortSignal,
  ): Promise<TrialVerdict> {
    const known = this.#verdicts.get(object);
    if (known !== undefined) return known;
    const below = this.#isDefinedHere(object)
      ? undefined
      : this.#under.trials?.verdictOn(object, options, signal);
    const verdict = (await below) ?? { kind: 'undecided' };
    this.#verdicts.set(object, verdict);
    return verdict;
  }

  async place(ref: ObjectRef, signal: AbortSignal): Promise<ObjectRef | undefined> {
    return this.#under.place === undefined ? ref : this.#under.place(ref, signal);
  }

  async observe(
    ref: ObjectRef,
    desired: KubernetesObject | undefined,
    signal: AbortSignal,
    ignored: readonly string[] = [],
  ): Promise<Observation> {
    const id = inventoryId(ref);
    if (!this.#written.has(id)) return this.#under.observe(ref, desired, signal, ignored);
    const live = this.#written.get(id);
    if (live === undefined) return { kind: 'absent' };
    const { metadata } = live;
    return {
      kind: 'present',
      owner: ownerOf(metadata),
      matches: isSame(live, desired, ignored),
      marks: metadata,
      live,
    };
  }

  async write(object: KubernetesObject, _options: WriteOptions, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const verdict = this.#verdicts.get(object);
    if (verdict?.kind === 'refused') throw verdict.error;
    this.#written.set(inventoryId(refOf(object)), object);
  }

  async remove(ref: ObjectRef, signal: AbortSignal): Promise<undefined> {
    signal.throwIfAborted();
    this.#written.set(inventoryId(ref), undefined);
  }

  /** A definition of its group was written: the one below goes by another, or by none. */
  #isDefinedHere(object: KubernetesObject): boolean {
    const { group } = refOf(object);
    return [...this.#written.values()].some(
      (one) => one !== undefined && isKind(refOf(one), 'definition') && groupDefined(one) === group,
    );
  }

  watch(changed: (ref: ObjectRef | undefined) => void, signal: AbortSignal): Promise<void> {
    return this.#under.watch(changed, signal);
  }
}

function isSame(
  live: KubernetesObject,
  desired: KubernetesObject | undefined,
  ignored: readonly string[],
): boolean {
  const [one, other] = [live, desired].map((object) => object && withoutIgnored(object, ignored));
  return isDeepStrictEqual(one, other);
}

function groupDefined({ spec }: KubernetesObject): unknown {
  return typeof spec === 'object' && spec !== null && 'group' in spec ? spec.group : undefined;
}
