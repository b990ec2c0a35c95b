import { inventoryId } from '../../src/api/index.ts';
import {
  type Departure,
  type ObjectRef,
  type Observation,
  refOf,
  SealiftError,
  type Target,
} from '../../src/core/index.ts';

/** A target that answers as told and notes what it is asked, as `write shop_one__ConfigMap`. */
export interface ScriptedTarget extends Target {
  readonly calls: string[];
  /** Calls, written as above, that fail. */
  readonly failing: Set<string>;
  /** Objects that a write has to recreate, by inventory id. */
  readonly immutable: Set<string>;
  /** What is there, by inventory id; all else is absent. */
  readonly observations: Map<string, Observation>;
  /** What a removal does not end, by inventory id. */
  readonly departures: Map<string, Departure>;
}

export function createScriptedTarget(): ScriptedTarget {
  const calls: string[] = [];
  const failing = new Set<string>();
  const immutable = new Set<string>();
  const observations = new Map<string, Observation>();
  const departures = new Map<string, Departure>();
  const note = (act: string, ref: ObjectRef, signal: AbortSignal): void => {
    signal.throwIfAborted();
    const call = `${act} ${inventoryId(ref)}`;
    calls.push(call);
    if (failing.has(call))
      throw new SealiftError('TARGET_FAILED', `${ref.kind}/${ref.name}`, 'no space left');
  };
  return {
    calls,
    failing,
    immutable,
    observations,
    departures,
    description: 'scripted target',
    observe: async (ref, _desired, signal) => {
      note('observe', ref, signal);
      return observations.get(inventoryId(ref)) ?? { kind: 'absent' };
    },
    write: async (object, { recreate, deleted }, signal) => {
      const ref = refOf(object);
      if (recreate && immutable.has(inventoryId(ref))) deleted?.();
      note(recreate ? 'write or recreate' : 'write', ref, signal);
    },
    remove: async (ref, signal) => {
      note('remove', ref, signal);
      return departures.get(inventoryId(ref));
    },
    watch: async () => undefined,
  };
}
