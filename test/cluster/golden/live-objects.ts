import { expect } from 'vitest';
import { ownerLabels } from '../../../src/api/index.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import type { RecordedObject } from './recording.ts';

/** Where the API server keeps the kinds of the scenarios. */
const collections: Readonly<Record<string, string>> = {
  'v1/ConfigMap': 'configmaps',
  'v1/Namespace': 'namespaces',
  'v1/Secret': 'secrets',
  'v1/Service': 'services',
  'apps/v1/Deployment': 'deployments',
  'apiextensions.k8s.io/v1/CustomResourceDefinition': 'customresourcedefinitions',
  'shop.example.com/v1/Widget': 'widgets',
  'health.example.com/v1/Task': 'tasks',
};

type Kinded = Pick<RecordedObject, 'apiVersion' | 'kind' | 'metadata'>;

/** Objects of one kind, in one namespace where the kind has them. */
export interface Place {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
}

export function placeOf({ apiVersion, kind, metadata }: Kinded): Place {
  return { apiVersion, kind, namespace: metadata.namespace };
}

function pathOf({ apiVersion, kind, namespace }: Place, name?: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const collection = collections[`${apiVersion}/${kind}`];
  if (collection === undefined) throw new Error(`${apiVersion}/${kind}: expected a kind of the scenarios`);
  const scope = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${root}${scope}/${collection}${name === undefined ? '' : `/${name}`}`;
}

/** What there is now under that name. */
export async function readLive(
  admin: ClusterUser,
  place: Place,
  name: string,
): Promise<RecordedObject | undefined> {
  const { status, body } = await admin.ask(pathOf(place, name));
  if (status === 404) return undefined;
  expect(status).toBe(200);
  return body as RecordedObject;
}

/** Names of the objects of a place that a delivery of the namespace has its labels on. */
export async function ownedNames(
  admin: ClusterUser,
  place: Place,
  namespace: string,
): Promise<readonly string[]> {
  const path = `${pathOf(place)}?labelSelector=${ownerLabels.namespace}%3D${namespace}`;
  const { status, body } = await admin.ask(path);
  if (status === 404) return [];
  expect(status).toBe(200);
  const { items } = body as { readonly items: readonly RecordedObject[] };
  return items.map(({ metadata }) => metadata.name);
}
