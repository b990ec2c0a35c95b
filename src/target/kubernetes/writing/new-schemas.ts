import {
  type Clock,
  type ErrorCode,
  type ObjectRef,
  SealiftError,
  type TrialVerdict,
} from '../../../core/index.ts';
import type { LiveObject } from '../client/client.ts';
import { servedKinds } from './established.ts';

/** Milliseconds after the update of a definition for which a server may go by the one before: each learns of it by a watch of its own. */
const settlesMs = 5_000;
/** Between two tries, in milliseconds: the first soon, then ever later. */
const minPauseMs = 50;
const maxPauseMs = 1_000;

/** What a schema may have against an object. */
const refusals: ReadonlySet<ErrorCode> = new Set(['TARGET_INVALID', 'TARGET_IMMUTABLE']);

type Kind = Pick<ObjectRef, 'group' | 'kind'>;

/** Definitions that were written a moment ago, so that a refusal of their objects may be one of the schema before. */
export class NewSchemas {
  readonly #clock: Clock;
  /** By group and kind: when every server goes by it, on the monotonic clock. */
  readonly #settled = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A definition was written. In its first generation it has no schema before. */
  learn(definition: LiveObject): void {
    if (definition.metadata['generation'] === 1) return;
    const now = this.#clock.monotonic();
    for (const [key, at] of this.#settled) if (at <= now) this.#settled.delete(key);
    for (const kind of servedKinds(definition)) this.#settled.set(keyOf(kind), now + settlesMs);
  }

  /** Writes an object of a kind; again and again while its schema may be that of before. A refusal is final once that is settled, which `act` is told. */
  async write<T>(kind: Kind, act: (isSettled: boolean) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let pauseMs = minPauseMs; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
      const isSettled = (this.#settled.get(keyOf(kind)) ?? 0) <= this.#clock.monotonic();
      try {
        return await act(isSettled);
      } catch (thrown) {
        if (isSettled || !isOfSchema(thrown)) throw thrown;
      }
      await this.#clock.sleep(pauseMs, signal);
    }
  }

  /** As `write`, of an object that is only tried. */
  trial(
    kind: Kind,
    act: (isSettled: boolean) => Promise<TrialVerdict>,
    signal: AbortSignal,
  ): Promise<TrialVerdict> {
    return this.write(
      kind,
      async (isSettled) => {
        const verdict = await act(isSettled);
        if (!isSettled && verdict.kind === 'refused' && isOfSchema(verdict.error)) throw verdict.error;
        return verdict;
      },
      signal,
    );
  }
}

function isOfSchema(thrown: unknown): boolean {
  return thrown instanceof SealiftError && refusals.has(thrown.code);
}

function keyOf({ group, kind }: Kind): string {
  return `${group}/${kind}`;
}
