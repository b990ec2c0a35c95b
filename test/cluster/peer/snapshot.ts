import { expect } from 'vitest';
import { ownerLabels } from '../../../src/api/index.ts';
import { comparableObject } from '../golden/comparable.ts';
import type { Fields, RecordedObject } from '../golden/recording.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import type { FieldCase, Snapshot } from './field-case.ts';

/** As in `v1/configmaps` or `apps/v1/deployments`. */
function collectionPath(kind: string): string {
  return kind.split('/').length === 2 ? `/api/${kind}` : `/apis/${kind}`;
}

interface List {
  readonly apiVersion: string;
  readonly kind: string;
  /** Each without its kind. */
  readonly items: readonly RecordedObject[];
}

/** Objects of a collection, wherever they are, that carry the labels of one of the deliveries. */
async function owned(
  admin: ClusterUser,
  kind: string,
  { namespace, deliveries }: { readonly namespace: string; readonly deliveries: readonly string[] },
): Promise<readonly RecordedObject[]> {
  const path = `${collectionPath(kind)}?labelSelector=${ownerLabels.namespace}%3D${namespace}`;
  const { status, body } = await admin.ask(path);
  if (status === 404) return [];
  expect(status).toBe(200);
  const list = body as List;
  const isOurs = ({ metadata }: Pick<RecordedObject, 'metadata'>): boolean => {
    const labels = (metadata['labels'] ?? {}) as Fields;
    return deliveries.includes(String(labels[ownerLabels.name]));
  };
  return list.items
    .filter(isOurs)
    .map((item) => ({ ...item, apiVersion: list.apiVersion, kind: list.kind.replace(/List$/, '') }));
}

/** An object of the namespace. */
async function named(
  admin: ClusterUser,
  [kind, name]: readonly [string, string],
  namespace: string,
): Promise<readonly RecordedObject[]> {
  const path = `${collectionPath(kind)}/${name}`.replace(/\/([^/]+\/[^/]+)$/, `/namespaces/${namespace}/$1`);
  const { status, body } = await admin.ask(path);
  return status === 404 ? [] : [body as RecordedObject];
}

/** Deployments are numbered by a controller of the cluster, in its own time. */
function isSettled({ kind, metadata }: RecordedObject): boolean {
  const annotations = (metadata['annotations'] ?? {}) as Fields;
  return kind !== 'Deployment' || annotations['deployment.kubernetes.io/revision'] !== undefined;
}

/** Collection and name of what carries no owner. */
export function alsoOf({ also = {} }: FieldCase): readonly (readonly [string, string])[] {
  return Object.entries(also).flatMap(([kind, names]) => names.map((name) => [kind, name] as const));
}

/** All objects of a case. */
export async function objectsOf(
  admin: ClusterUser,
  one: FieldCase,
  namespace: string,
): Promise<readonly RecordedObject[]> {
  const scope = { namespace, deliveries: Object.keys(one.deliveries) };
  const found = await Promise.all([
    ...(one.kinds ?? ['v1/configmaps']).map((kind) => owned(admin, kind, scope)),
    ...alsoOf(one).map((place) => named(admin, place, namespace)),
  ]);
  const objects = found.flat();
  if (objects.every(isSettled)) return objects;
  await new Promise((resolve) => setTimeout(resolve, 200));
  return objectsOf(admin, one, namespace);
}

export function snapshotOf(objects: readonly RecordedObject[], namespace: string): Snapshot {
  return Object.fromEntries(
    objects.map((object) => {
      const { name, namespace: own } = object.metadata;
      const place = own === undefined || own === namespace ? '' : `${own.replace(namespace, 'NAMESPACE')}/`;
      return [`${object.kind}/${place}${name}`, comparableObject(object)];
    }),
  );
}
