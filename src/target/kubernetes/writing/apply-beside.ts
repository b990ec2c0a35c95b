import { type KubernetesObject, refOf, SealiftError } from '../../../core/index.ts';
import type { LiveObject } from '../client/client.ts';
import { besideOthers } from '../ignoring/beside-others.ts';
import { type ApplyPorts, applyObject } from './apply-object.ts';

/** An object may be written by others, its status too, between our reading and our apply; more often in a row is left to the next plan. */
const maxRounds = 5;

/**
 * Server-side apply, by force, that leaves the fields at JSON pointers as they are: where there are any, the object is read first, and the apply
 * is for that very version of it. @throws SealiftError TARGET_CHANGED where others are faster five times in a row.
 */
export async function applyBeside(
  ports: ApplyPorts,
  object: KubernetesObject,
  ignored: readonly string[],
  signal: AbortSignal,
): Promise<LiveObject> {
  if (ignored.length === 0) return applyObject(ports, object, { dryRun: false }, signal);
  for (let round = 1; round < maxRounds; round += 1) {
    try {
      return await applyOnce(ports, object, ignored, signal);
    } catch (thrown) {
      if (!(thrown instanceof SealiftError) || thrown.code !== 'TARGET_CHANGED') throw thrown;
    }
  }
  return applyOnce(ports, object, ignored, signal);
}

async function applyOnce(
  ports: ApplyPorts,
  object: KubernetesObject,
  ignored: readonly string[],
  signal: AbortSignal,
): Promise<LiveObject> {
  const live = await ports.client.get(refOf(object), signal);
  const asked = live === undefined ? object : ofVersion(besideOthers(object, live, ignored), live);
  return applyObject(ports, asked, { dryRun: false }, signal);
}

function ofVersion(
  object: KubernetesObject,
  { metadata: { resourceVersion } }: LiveObject,
): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}
