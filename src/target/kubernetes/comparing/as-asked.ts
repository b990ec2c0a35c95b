import { type ErrorCode, SealiftError } from '../../../core/index.ts';
import type { KubernetesClient, LiveObject } from '../client/client.ts';
import { besideOthers } from '../ignoring/beside-others.ts';
import { placesOf } from '../ignoring/place-of-field.ts';
import type { Asked } from '../knowledge/asked.ts';
import { glimpseOf } from '../knowledge/glimpse.ts';
import { isToTakeOver } from '../knowledge/trace-of.ts';
import { appliedForm } from '../writing/applied-form.ts';
import { applyObject } from '../writing/apply-object.ts';
import { changesNothing } from './same-object.ts';

/** What the server has against an object, and not against being asked. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'TARGET_INVALID',
  'TARGET_IMMUTABLE',
  'TARGET_ADMISSION_DENIED',
  'TARGET_FORBIDDEN',
  'TARGET_QUOTA',
  'TARGET_NAMESPACE_NOT_READY',
  'TARGET_CONFLICT',
  'TARGET_CHANGED',
]);

/** Where what is remembered does not tell, the server says whether an apply would change anything. What it refuses, the write will say. */
export async function isAsAsked(
  client: KubernetesClient,
  live: LiveObject,
  { desired, ignored }: Asked,
  signal: AbortSignal,
): Promise<boolean> {
  const glimpse = glimpseOf(live.metadata);
  if (glimpse.entry === undefined || isToTakeOver(glimpse, desired)) return false;
  try {
    const form = appliedForm(desired);
    const tried = await applyObject({ client }, besideOthers(form, live, ignored), { dryRun: true }, signal);
    const places = placesOf(ignored, form, live).map(({ held }) => held);
    return changesNothing(live, tried, places);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof SealiftError && refusals.has(thrown.code)) return false;
    throw thrown;
  }
}
