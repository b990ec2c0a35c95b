import type { DeliveryRecord, SourceRecord } from '../../../src/api/index.ts';
import type { Fields, RecordedObject } from './recording.ts';

/** How an object or a status is compared: plain values, without what differs between any two runs. */
export type Comparable = Fields | undefined;

interface ManagedFields extends Fields {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
}

const ownTimes: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
  'managedFields',
]);

/** Who set which field; what controllers say in the status is theirs. */
function comparableManagers(managers: readonly ManagedFields[]): Fields {
  const entries = managers
    .filter(({ subresource }) => subresource !== 'status')
    .map(({ manager, operation, subresource, fieldsV1, apiVersion }) => {
      const name = [manager, operation, subresource].filter((part) => part !== undefined).join('/');
      return [name, { apiVersion, fieldsV1 }] as const;
    });
  return Object.fromEntries(entries);
}

/** A delivered object: all but its status, which is what controllers make of it, and what an API server draws by lot. */
export function comparableObject(object: RecordedObject | undefined): Comparable {
  if (object === undefined) return undefined;
  const { status: _, metadata, ...rest } = object;
  const kept = Object.entries(metadata).filter(([name]) => !ownTimes.has(name));
  const { clusterIP: _ip, clusterIPs: _ips, ...spec } = (rest['spec'] ?? {}) as Fields;
  return {
    ...rest,
    ...(rest['spec'] === undefined ? {} : { spec }),
    metadata: Object.fromEntries(kept),
    managedFields: comparableManagers((metadata['managedFields'] ?? []) as readonly ManagedFields[]),
  };
}

interface ConditionFields extends Fields {
  readonly type: string;
  readonly message: string;
}

/** Without times, random paths, and where the registry of the day listened. */
function comparableMessage(message: string): string {
  return message
    .trim()
    .replaceAll(/\/tmp\/kustomization-\d+/g, '/tmp/kustomization-N')
    .replaceAll(/\b(after|passed in) (?:[\d.]+(?:ms|µs|ns|h|m|s))+/g, '$1 TIME')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'localhost:5000');
}

function comparableConditions(conditions: readonly ConditionFields[]): Fields {
  return Object.fromEntries(
    conditions.map(({ type, message, lastTransitionTime: _, ...rest }) => [
      type,
      { ...rest, message: comparableMessage(message) },
    ]),
  );
}

interface StatusFields extends Fields {
  readonly conditions?: readonly ConditionFields[];
  readonly inventory?: { readonly entries?: readonly { readonly id: string; readonly v: string }[] };
  readonly artifact?: Fields;
}

const revisions = ['lastAppliedRevision', 'lastAppliedOriginRevision', 'lastAttemptedRevision'] as const;

/** `status` of a Kustomization: what it says and what it owns. */
function comparableDelivery({ conditions, inventory, observedGeneration, ...rest }: StatusFields): Fields {
  const entries = inventory?.entries?.map(({ id, v }) => [id, v] as const) ?? [];
  return {
    observedGeneration,
    conditions: comparableConditions(conditions ?? []),
    inventory: Object.fromEntries(entries),
    ...Object.fromEntries(revisions.map((name) => [name, rest[name]])),
  };
}

/** `status` of an OCIRepository: what it says and what it has; where that is stored is each one's own affair. */
function comparableSource({ conditions, artifact, ...rest }: StatusFields): Fields {
  const { revision, digest, size, metadata } = artifact ?? {};
  const { observedGeneration, observedIgnore, observedLayerSelector } = rest;
  return {
    observedGeneration,
    observedIgnore,
    observedLayerSelector,
    conditions: comparableConditions(conditions ?? []),
    ...(artifact === undefined ? {} : { artifact: { revision, digest, size, metadata } }),
  };
}

/** The status of one of Flux's own objects. */
export function comparableStatus(
  kind: string,
  status: DeliveryRecord['status'] | SourceRecord['status'] | Fields | undefined,
): Comparable {
  if (status === undefined) return undefined;
  const fields = status as StatusFields;
  return kind === 'Kustomization' ? comparableDelivery(fields) : comparableSource(fields);
}
