import { type Clock, formatRef, type KubernetesObject, refOf, SealiftError } from '../../../core/index.ts';
import type { KubernetesClient, LiveObject } from '../client/client.ts';
import { fieldManager } from '../fields/own-entry.ts';
import { takeOverSteps } from '../fields/take-over.ts';
import { glimpseOf } from '../knowledge/glimpse.ts';
import { isToTakeOver } from '../knowledge/trace-of.ts';
import { applyBeside } from './apply-beside.ts';
import { type ApplyPorts, applyObject } from './apply-object.ts';
import { untilEstablished } from './established.ts';
import { recreate } from './recreate.ts';

export interface WritePorts extends ApplyPorts {
  readonly clock: Clock;
}

export interface WriteRequest {
  /** In the form in which it is applied. */
  readonly object: KubernetesObject;
  /** JSON pointers to fields that are left to others, in an object that is there. */
  readonly ignored: readonly string[];
  /** What is told when the object was deleted to be created anew; without it that must not happen. */
  readonly recreate: (() => void) | undefined;
  /** Somebody may hold fields that are to become ours: the object is read first. */
  readonly mayTakeOver: boolean;
  /** Nothing was there: who has made it since is not overwritten. */
  readonly isNew: boolean;
}

/** Another hand may write between our reading and our patch; more often in a row is a fight. */
const maxTakeOvers = 3;

/**
 * Server-side apply, by force, once fields of predecessors are ours; waits until a definition can be used. Gives back what is there then.
 * @throws SealiftError of a TARGET_ code.
 */
export async function writeObject(
  ports: WritePorts,
  request: WriteRequest,
  signal: AbortSignal,
): Promise<LiveObject> {
  const { client } = ports;
  const { object, mayTakeOver, isNew } = request;
  if (mayTakeOver) await takeOver(client, object, await client.get(refOf(object), signal), signal);
  let live = isNew ? await applyNew(ports, object, signal) : await applyOrRecreate(ports, request, signal);
  for (let round = 0; isToTakeOver(glimpseOf(live.metadata), object); round += 1) {
    if (round === maxTakeOvers) {
      const detail = `fields of other managers came back ${maxTakeOvers} times while they were taken over`;
      throw new SealiftError('TARGET_CHANGED', formatRef(refOf(object)), detail);
    }
    await takeOver(client, object, live, signal);
    live = await applyOrRecreate(ports, request, signal);
  }
  return untilEstablished(ports, live, signal);
}

/** Without force: fields of others are those of an object that somebody made since it was looked at. */
async function applyNew(
  ports: WritePorts,
  object: KubernetesObject,
  signal: AbortSignal,
): Promise<LiveObject> {
  try {
    return await applyObject(ports, object, { dryRun: false, force: false }, signal);
  } catch (thrown) {
    if (!(thrown instanceof SealiftError) || thrown.code !== 'TARGET_CONFLICT') throw thrown;
    const detail = 'expected nothing there, got an object that somebody else has made since';
    throw new SealiftError('TARGET_CHANGED', formatRef(refOf(object)), detail, { cause: thrown });
  }
}

async function applyOrRecreate(
  ports: WritePorts,
  { object, ignored, recreate: deleted }: WriteRequest,
  signal: AbortSignal,
): Promise<LiveObject> {
  try {
    return await applyBeside(ports, object, ignored, signal);
  } catch (thrown) {
    const isImmutable = thrown instanceof SealiftError && thrown.code === 'TARGET_IMMUTABLE';
    if (!isImmutable || deleted === undefined) throw thrown;
    return recreate(ports, object, deleted, signal);
  }
}

/** Makes the fields of predecessors ours. Where the object changes meanwhile, the round after the next apply sees it. */
async function takeOver(
  client: KubernetesClient,
  object: KubernetesObject,
  live: LiveObject | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (live === undefined || !isToTakeOver(glimpseOf(live.metadata), object)) return;
  try {
    await client.patch(refOf(object), takeOverSteps(live), fieldManager, signal);
  } catch (thrown) {
    if (!(thrown instanceof SealiftError) || thrown.code !== 'TARGET_CHANGED') throw thrown;
  }
}
