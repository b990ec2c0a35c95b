import { type OciRepository, requestedAtAnnotation } from '../../api/index.ts';
import type { Clock, SealiftError } from '../../core/index.ts';
import { specHash } from '../status/spec-hash.ts';
import { pauseDelay } from './schedule.ts';
import { workKey } from './work-key.ts';

interface Pause {
  /** What was paused: another spec may name another registry or other credentials, and who asks for a poll gets one. */
  readonly subject: string;
  /** Monotonic milliseconds. */
  readonly until: number;
}

function keyOf({ metadata }: OciRepository): string {
  return workKey({ kind: 'source', ...metadata });
}

function subjectOf({ metadata, spec }: OciRepository): string {
  return specHash([spec, metadata.annotations[requestedAtAnnotation] ?? null]);
}

/** Pauses between polls that registries asked for; no other event ends them early. */
export class PollPauses {
  readonly #clock: Clock;
  readonly #pauses = new Map<string, Pause>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note of how a poll ended; gives the milliseconds to wait, at least `delayMs`. */
  learn(
    source: OciRepository,
    error: SealiftError | undefined,
    { delayMs, random }: { readonly delayMs: number; readonly random: number },
  ): number {
    const key = keyOf(source);
    this.#pauses.delete(key);
    if (error?.retryAfterMs === undefined) return delayMs;
    const pauseMs = pauseDelay(error.retryAfterMs, random);
    this.#pauses.set(key, { subject: subjectOf(source), until: this.#clock.monotonic() + pauseMs });
    return Math.max(delayMs, pauseMs);
  }

  /** Milliseconds until the source may be polled. */
  remaining(source: OciRepository): number {
    const pause = this.#pauses.get(keyOf(source));
    if (pause === undefined || pause.subject !== subjectOf(source)) return 0;
    return Math.max(0, pause.until - this.#clock.monotonic());
  }

  forget(key: string): void {
    this.#pauses.delete(key);
  }
}
