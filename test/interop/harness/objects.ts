import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

const ownerLabels = ['kustomize.toolkit.fluxcd.io/name', 'kustomize.toolkit.fluxcd.io/namespace'];

/** Every object of a YAML stream, by group, kind, namespace and name; the same name twice is an error. */
export function objectsById(...texts: readonly string[]): Readonly<Record<string, unknown>> {
  const objects: Record<string, unknown> = {};
  for (const object of texts.flatMap(readObjects)) {
    const id = [object.apiVersion, object.kind, object.metadata.namespace ?? '', object.metadata.name].join(
      ' ',
    );
    if (id in objects) throw new Error(`${id}: expected one object of that name, got two`);
    objects[id] = withoutOwner(object);
  }
  return objects;
}

/** Objects in the YAML files of a directory that Sealift delivered to. */
export function deliveredObjects(folder: string): Readonly<Record<string, unknown>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name));
  return objectsById(...files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')));
}

/** Kubernetes reads YAML 1.1, where `0644` is octal and `on` is true. */
function readObjects(text: string): readonly KubernetesObject[] {
  return parseAllDocuments(text, { version: '1.1', merge: true })
    .map((document) => document.toJS({ maxAliasCount: 1000 }) as KubernetesObject | null)
    .filter((object) => object !== null);
}

/** Sealift marks what a delivery owns, as kustomize-controller does after its build; kustomize does not. */
function withoutOwner(object: KubernetesObject): unknown {
  const { labels, ...metadata } = object.metadata;
  const kept = Object.entries(labels ?? {}).filter(([key]) => !ownerLabels.includes(key));
  return {
    ...object,
    metadata: kept.length === 0 ? metadata : { ...metadata, labels: Object.fromEntries(kept) },
  };
}
