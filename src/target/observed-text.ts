import { inventoryId } from '../api/index.ts';
import { type KubernetesObject, type ObjectRef, type Observation, refOf } from '../core/index.ts';
import { manifestText } from './manifest-text.ts';
import { ownerOf } from './owner-of.ts';
import { readManifest } from './read-manifest.ts';

/** What a manifest at the place of `ref` says, held against what it should be. */
export function observedText(
  ref: ObjectRef,
  text: string,
  desired: KubernetesObject | undefined,
): Observation {
  if (desired !== undefined && text === manifestText(desired)) {
    return present(desired, true);
  }
  const reading = readManifest(text);
  if (reading.kind === 'unreadable') return reading;
  const { object } = reading;
  if (inventoryId(refOf(object)) !== inventoryId(ref))
    return { kind: 'unreadable', detail: 'another object' };
  return present(object, false);
}

function present(live: KubernetesObject, matches: boolean): Observation {
  return { kind: 'present', owner: ownerOf(live.metadata), matches, marks: live.metadata, live };
}
