import { type Clock, formatRef, isKind, refOf, SealiftError } from '../../../core/index.ts';
import type { KindRef, KubernetesClient, LiveObject } from '../client/client.ts';
import { patiently } from './patiently.ts';

interface EstablishPorts {
  readonly client: KubernetesClient;
  readonly clock: Clock;
}

/** As long as kustomize-controller waits for a stage. Milliseconds. */
const maxWaitMs = 60_000;

/**
 * Waits until the kind of a definition can be written; anything else is ready as it is. Gives back what is there then.
 * @throws SealiftError TARGET_FAILED when its names are taken, or after a minute.
 */
export async function untilEstablished(
  { client, clock }: EstablishPorts,
  live: LiveObject,
  signal: AbortSignal,
): Promise<LiveObject> {
  if (!isKind(refOf(live), 'definition')) return live;
  client.forget();
  let latest = live;
  const look = async (): Promise<LiveObject | undefined> => {
    refuseTakenNames(latest);
    if (conditionOf(latest, 'Established')?.status === 'True' && (await isServed(client, latest, signal)))
      return latest;
    latest = (await client.get(refOf(latest), signal)) ?? latest;
    return undefined;
  };
  const established = await patiently(clock, maxWaitMs, look, signal);
  if (established !== undefined) return established;
  const detail = `expected the definition to be established after ${maxWaitMs / 1000} s`;
  throw new SealiftError('TARGET_FAILED', formatRef(refOf(live)), detail);
}

function refuseTakenNames(live: LiveObject): void {
  const accepted = conditionOf(live, 'NamesAccepted');
  if (accepted?.status !== 'False') return;
  const why = accepted.message ?? 'its names are taken';
  throw new SealiftError('TARGET_FAILED', formatRef(refOf(live)), `is not established: ${why}`);
}

/** Discovery lags behind the condition by a moment. */
async function isServed(client: KubernetesClient, live: LiveObject, signal: AbortSignal): Promise<boolean> {
  const kinds = servedKinds(live);
  const found = await Promise.all(kinds.map((kind) => client.resourceOf(kind, signal)));
  return found.every((resource) => resource !== undefined);
}

interface DefinitionSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string; readonly served: boolean }[];
}

/** The server has validated it: a definition that it holds has this form. */
export function servedKinds(live: LiveObject): readonly KindRef[] {
  const { group, names, versions } = live['spec'] as DefinitionSpec;
  return versions
    .filter(({ served }) => served)
    .map(({ name }) => ({ group, version: name, kind: names.kind }));
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message?: string;
}

function conditionOf(live: LiveObject, type: string): Condition | undefined {
  // `null` until a controller has looked at it.
  const { conditions } = (live['status'] ?? {}) as { readonly conditions?: readonly Condition[] | null };
  return conditions?.find((condition) => condition.type === type);
}
