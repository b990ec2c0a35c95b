import {
  type ErrorCode,
  type KubernetesObject,
  SealiftError,
  type TrialVerdict,
} from '../../../core/index.ts';
import type { KubernetesClient } from '../client/client.ts';
import { applyObject } from '../writing/apply-object.ts';
import { underAnotherName } from '../writing/recreate.ts';

/** What the server has against an object itself. A right, a quota or a namespace may come with what is written beside it. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'TARGET_INVALID',
  'TARGET_IMMUTABLE',
  'TARGET_ADMISSION_DENIED',
]);

/** A webhook that acts outside of the cluster is not asked by a trial; a port or an address may be given back by what is written beside it. */
const beyondTrial = /\bdoes not support dry run\b|\bprovided (?:port|IP) is already allocated\b/;

interface TryRequest {
  /** In its applied form. */
  readonly object: KubernetesObject;
  /** As it would be created, where that may be done to what cannot be changed in place. */
  readonly anew?: KubernetesObject | undefined;
}

/** Server-side apply that changes nothing. A server that does not answer has refused nothing. */
export async function tryObject(
  client: KubernetesClient,
  { object, anew }: TryRequest,
  signal: AbortSignal,
): Promise<TrialVerdict> {
  try {
    await applyObject({ client }, object, { dryRun: true }, signal);
    return { kind: 'accepted' };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof SealiftError)) throw thrown;
    if (anew !== undefined && thrown.code === 'TARGET_IMMUTABLE')
      return tryObject(client, { object: underAnotherName(anew) }, signal);
    return verdictOn(thrown);
  }
}

function verdictOn(error: SealiftError): TrialVerdict {
  const isRefusal = refusals.has(error.code) && !beyondTrial.test(error.message);
  return isRefusal ? { kind: 'refused', error } : { kind: 'undecided' };
}
