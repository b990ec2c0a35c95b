import { Faults } from '../objects/faults.ts';
import { isKustomization } from '../tree/scan-tree.ts';
import type { Tree } from '../tree/tree.ts';
import { isList, isObject, type JsonValue } from '../yaml/json-value.ts';
import { readYaml } from '../yaml/yaml-readings.ts';
import { parseKustomization } from './kustomization-file.ts';

/** An object as a file spells it, or a generator of one. */
export interface SourcePlace {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly place: string;
}

const generators = [
  ['configMapGenerator', 'ConfigMap'],
  ['secretGenerator', 'Secret'],
] as const;

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function objectsIn(value: JsonValue, place: string): readonly SourcePlace[] {
  if (!isObject(value)) return [];
  const { kind, metadata, items } = value;
  if (isList(items)) return items.flatMap((item, index) => objectsIn(item, `${place} item ${index + 1}`));
  if (typeof kind !== 'string' || !isObject(metadata) || typeof metadata['name'] !== 'string') return [];
  return [{ kind, name: metadata['name'], namespace: text(metadata['namespace']), place }];
}

function generatorsIn(path: string, content: string): readonly SourcePlace[] {
  const { value, place } = parseKustomization(path, content, new Faults());
  return generators.flatMap(([field, kind]) => {
    const items = value[field];
    if (!isList(items)) return [];
    return items.flatMap((item, index) => {
      if (!isObject(item) || typeof item['name'] !== 'string') return [];
      const { name, namespace } = item;
      return [{ kind, name, namespace: text(namespace), place: place([field, index]) }];
    });
  });
}

function placesIn(path: string, content: string): readonly SourcePlace[] {
  if (isKustomization(path)) return generatorsIn(path, content);
  return [...readYaml(path, content, 'source')].flatMap(({ read, place }) => objectsIn(read().value, place));
}

/** Where the objects of a tree stand; each file is read once. */
export class SourcePlaces {
  readonly #tree: Tree;
  readonly #files = new Map<string, readonly SourcePlace[]>();

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** @throws SealiftError when the file is no YAML */
  async of(path: string): Promise<readonly SourcePlace[]> {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const isFile = (await this.#tree.kind(path)) === 'file';
    const found = isFile ? placesIn(path, await this.#tree.text(path)) : [];
    this.#files.set(path, found);
    return found;
  }
}

/** Those that may have become the object of that name: prefixes and suffixes are put around the name that a file gives. */
export function fittingPlaces(
  places: readonly SourcePlace[],
  kind: JsonValue | undefined,
  name: string,
): readonly SourcePlace[] {
  const inside = places.filter((one) => one.kind === kind && name.includes(one.name));
  const longest = Math.max(...inside.map((one) => one.name.length));
  return inside.filter((one) => one.name.length === longest);
}
