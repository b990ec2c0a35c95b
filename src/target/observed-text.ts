import { inventoryId } from '../api/index.ts';
import { type KubernetesObject, type ObjectRef, type Observation, refOf } from '../core/index.ts';
import { leftToOthers } from './left-to-others.ts';
import { manifestText } from './manifest-text.ts';
import { ownerOf } from './owner-of.ts';
import { readManifest } from './read-manifest.ts';

interface Asked {
  readonly desired: KubernetesObject | undefined;
  /** JSON pointers to fields that are left to others. */
  readonly ignored: readonly string[];
}

/** What a manifest at the place of `ref` says, held against what it should be. */
export function observedText(ref: ObjectRef, text: string, { desired, ignored }: Asked): Observation {
  if (desired !== undefined && text === manifestText(desired)) {
    return present(desired, true);
  }
  const reading = readManifest(text);
  if (reading.kind === 'unreadable') return reading;
  const { object } = reading;
  if (inventoryId(refOf(object)) !== inventoryId(ref))
    return { kind: 'unreadable', detail: 'another object' };
  if (desired === undefined || ignored.length === 0) return present(object, false);
  return present(object, manifestText(object) === manifestText(leftToOthers(desired, object, ignored)));
}

/** What is to be written where this text stands, so that fields that are left to others stay as they are in it. */
export function besideText(
  desired: KubernetesObject,
  text: string | undefined,
  ignored: readonly string[],
): KubernetesObject {
  if (text === undefined || ignored.length === 0) return desired;
  const reading = readManifest(text);
  return reading.kind === 'unreadable' ? desired : leftToOthers(desired, reading.object, ignored);
}

function present(live: KubernetesObject, matches: boolean): Observation {
  return { kind: 'present', owner: ownerOf(live.metadata), matches, marks: live.metadata, live };
}
