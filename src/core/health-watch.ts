import type { KubernetesObject, ObjectRef } from './object.ts';

/** Tells live objects, whole, for those that somebody waits for. */
export interface HealthWatch {
  /**
   * Calls `told` with each of `refs` as it is now, `undefined` when it is not there, and again after every change of it. What changes often
   * may be told less often, but the newest is always told. `pods`: some of those that it runs, where they may say what it waits for. Resolves when the signal aborts and leaves nothing behind; rejects with a
   * SealiftError (TARGET_FAILED and its kin) when it cannot look any longer.
   */
  follow(
    refs: readonly ObjectRef[],
    told: (ref: ObjectRef, live: KubernetesObject | undefined, pods?: readonly KubernetesObject[]) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
