import { readFileSync } from 'node:fs';
import type { Fields, RecordedObject } from '../golden/recording.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import type { FieldCase } from './field-case.ts';
import { tag } from './publication.ts';

/** The controller looks at nothing else: other tests may have Kustomizations of their own. */
export const shard = { 'sharding.fluxcd.io/key': 'field-by-field' } as const;

/** Nothing moves by itself. */
const interval = '1h';

/** Beside its source and its deliveries. */
export function givenTo({ given }: FieldCase, { kubeconfig }: ClusterUser): readonly RecordedObject[] {
  return given?.(readFileSync(kubeconfig, 'base64')) ?? [];
}

export function sourceOf({ name }: FieldCase, namespace: string, host: string): RecordedObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name, namespace },
    spec: { interval, insecure: true, url: `oci://${host}/${name}`, ref: { tag } },
  };
}

export function deliveriesOf({ name, deliveries }: FieldCase, namespace: string): readonly RecordedObject[] {
  return Object.entries(deliveries).map(([delivery, { annotations, ...spec }]) => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: {
      name: delivery,
      namespace,
      labels: shard,
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: { interval, prune: true, sourceRef: { kind: 'OCIRepository', name }, ...spec } satisfies Fields,
  }));
}
