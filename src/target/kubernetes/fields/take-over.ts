import type { JsonPatchStep, LiveMetadata, LiveObject, ManagedFields } from '../client/client.ts';
import { fieldManager, isOwn } from './own-entry.ts';

interface Predecessor {
  /** Names begin with this: kubectl calls itself `kubectl-edit`, `kubectl-client-side-apply` and so on. */
  readonly prefix: string;
  readonly operations: readonly string[];
}

/** Whose fields become ours, as with kustomize-controller: what their build does not ask for is then removed by the next apply. */
const predecessors: readonly Predecessor[] = [
  { prefix: 'kubectl', operations: ['Apply', 'Update'] },
  { prefix: 'before-first-apply', operations: ['Update'] },
  { prefix: fieldManager, operations: ['Update'] },
];

/** Left behind by kubectl and by earlier controllers; they say how to undo what is ours now. */
const leftovers = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'kustomize.toolkit.fluxcd.io/checksum',
  'fluxcd.io/sync-checksum',
];

export function holdsFieldsToTakeOver({ managedFields = [] }: LiveMetadata): boolean {
  return managedFields.some(isPredecessor);
}

/**
 * The patch that makes the fields of predecessors ours, for exactly this version of the object; empty when there is nothing to take over.
 * Changes no value but the annotations that predecessors leave.
 */
export function takeOverSteps({ apiVersion, metadata }: LiveObject): readonly JsonPatchStep[] {
  const { managedFields = [], annotations = {}, resourceVersion } = metadata;
  if (!holdsFieldsToTakeOver(metadata)) return [];
  const removed = leftovers.filter((key) => Object.hasOwn(annotations, key));
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'replace', path: '/metadata/managedFields', value: folded(managedFields, apiVersion) },
    ...removed.map((key) => ({ op: 'remove' as const, path: `/metadata/annotations/${escaped(key)}` })),
  ];
}

function isPredecessor({ manager, operation, subresource = '' }: ManagedFields): boolean {
  if (subresource !== '') return false;
  return predecessors.some(
    ({ prefix, operations }) => manager.startsWith(prefix) && operations.includes(operation),
  );
}

function folded(entries: readonly ManagedFields[], apiVersion: string): readonly ManagedFields[] {
  const gone = entries.filter((entry) => isOwn(entry) || isPredecessor(entry));
  const times = gone.map(({ time }) => time).filter((time) => time !== undefined);
  const time = times.sort().at(-1);
  const ours: ManagedFields = {
    manager: fieldManager,
    operation: 'Apply',
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: gone.map(({ fieldsV1 }) => fieldsV1).reduce(united, {}),
  };
  return [ours, ...entries.filter((entry) => !gone.includes(entry))];
}

type Fields = Readonly<Record<string, unknown>>;

/** A set of fields is a tree of maps: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers */
function united(a: unknown, b: unknown): Fields {
  const [first, second] = [fieldsOf(a), fieldsOf(b)];
  const both = Object.entries(second).map(([key, below]) => [key, united(first[key], below)] as const);
  return { ...first, ...Object.fromEntries(both) };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
