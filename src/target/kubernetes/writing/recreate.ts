import { createHash } from 'node:crypto';
import { inventoryId } from '../../../api/index.ts';
import { type Clock, formatRef, type KubernetesObject, refOf, SealiftError } from '../../../core/index.ts';
import type { LiveObject } from '../client/client.ts';
import { type ApplyPorts, applyObject } from './apply-object.ts';
import { patiently } from './patiently.ts';

interface RecreatePorts extends ApplyPorts {
  readonly clock: Clock;
}

/** Finalizers have work to do before an object goes; longer than this, it is left to the next run. Milliseconds. */
const maxGoingMs = 60_000;

/**
 * Deletes an object and creates it anew, once the server has found the new one valid: by a creation under another name that is only tried,
 * since under its own name it is a change. Nothing is deleted for something that is refused. `deleted` is called once its deletion was asked for.
 * @throws SealiftError of a TARGET_ code; TARGET_FAILED when the old one does not go within a minute.
 */
export async function recreate(
  ports: RecreatePorts,
  object: KubernetesObject,
  deleted: () => void,
  signal: AbortSignal,
): Promise<LiveObject> {
  const { client, clock } = ports;
  const ref = refOf(object);
  await applyObject(ports, underAnotherName(object), { dryRun: true }, signal);
  const before = await client.get(ref, signal);
  if (before !== undefined) {
    const { uid } = before.metadata;
    await client.remove(ref, { uid }, signal);
    deleted();
    const isGone = async (): Promise<true | undefined> =>
      (await client.get(ref, signal))?.metadata.uid === uid ? undefined : true;
    if ((await patiently(clock, maxGoingMs, isGone, signal)) === undefined) {
      const detail = `expected it to be gone ${maxGoingMs / 1000} s after its deletion, so that it can be created anew`;
      throw new SealiftError('TARGET_FAILED', formatRef(ref), detail);
    }
  }
  return applyObject(ports, object, { dryRun: false }, signal);
}

/** A name that every kind takes which lets names be chosen. */
export function underAnotherName(object: KubernetesObject): KubernetesObject {
  const hash = createHash('sha256')
    .update(inventoryId(refOf(object)))
    .digest('hex')
    .slice(0, 12);
  return { ...object, metadata: { ...object.metadata, name: `sealift-trial-${hash}` } };
}
