import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fields } from '../../golden/recording.ts';
import type { OtherHand } from '../field-case.ts';

/** Where all of it goes; the same for both, so that nothing has to be translated. */
export const namespace = 'field-by-field';
export const here = { namespace } as const;

const annotationGroup = 'kustomize.toolkit.fluxcd.io';

/** Annotations of the API for single objects, as in `{ssa: 'Merge'}`. */
export function told(what: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(
    Object.entries(what).map(([name, value]) => [`${annotationGroup}/${name}`, value]),
  );
}

/** A ConfigMap; without a namespace where none is given. */
export function configMap(name: string, data: Fields, metadata: Fields = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

/** A Deployment that asks for no Pods. */
export function deployment(name: string, image: string, metadata: Fields = {}): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...metadata },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
    },
  };
}

/** A Pod that no node is going to run: who looks after its health has to say how it does. */
export function pod(name: string, metadata: Fields = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'main', image: 'example.org/app:1' }] },
  };
}

/** Applies an object as somebody else. */
export async function applies(kubectl: OtherHand, object: object, ...how: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sealift-hand-'));
  try {
    const file = join(folder, 'object.json');
    writeFileSync(file, JSON.stringify(object));
    await kubectl('apply', `--filename=${file}`, ...how);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
