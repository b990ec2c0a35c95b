import { type KubernetesObject, refOf } from '../core/index.ts';
import type { ObjectOrigin } from './built-object.ts';
import { isList, isObject, type JsonObject, type JsonValue } from './json-value.ts';
import { relativePath, type Tree } from './tree.ts';
import { placeOf, readYamlDocuments, type YamlDocument } from './yaml-documents.ts';
import { readYamlValue } from './yaml-value.ts';

/** https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/buildmetadata/ */
const originAnnotation = 'config.kubernetes.io/origin';
const transformationsAnnotation = 'alpha.config.kubernetes.io/transformations';

/** What kustomize's annotations say of one object; paths as from the directory that is built. */
interface ToldOrigin {
  /** The file, or for what was generated the kustomization. */
  readonly path: string | undefined;
  readonly generator: string | undefined;
  readonly through: readonly { readonly by: string; readonly path: string }[];
}

/** The kustomization that tells origins, whatever else it was asked to tell. */
export function withOriginMetadata(kustomization: JsonObject): JsonObject {
  const asked = kustomization['buildMetadata'];
  const all = new Set([...(isList(asked) ? asked : []), 'originAnnotations', 'transformerAnnotations']);
  return { ...kustomization, buildMetadata: [...all] };
}

/** Names an object among those of one build. */
export function originKey(object: KubernetesObject): string {
  const { group, kind, namespace, name } = refOf(object);
  return [group, kind, namespace, name].join('\n');
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function readAnnotation(annotation: JsonValue | undefined): JsonValue {
  if (typeof annotation !== 'string') return null;
  const [document] = readYamlDocuments('', annotation);
  return document === undefined ? null : readYamlValue(document, 'printed').value;
}

function configured(value: JsonValue): { readonly by: string; readonly path: string } | undefined {
  if (!isObject(value) || !isObject(value['configuredBy'])) return undefined;
  const path = text(value['configuredIn']);
  const { kind, name } = value['configuredBy'];
  if (path === undefined || typeof kind !== 'string') return undefined;
  return { by: typeof name === 'string' ? `${kind} ${name}` : kind, path };
}

function toldBy(annotations: JsonObject): ToldOrigin {
  const origin = readAnnotation(annotations[originAnnotation]);
  const transformations = readAnnotation(annotations[transformationsAnnotation]);
  const generated = configured(origin);
  const steps = isList(transformations) ? transformations.map(configured) : [];
  return {
    path: generated?.path ?? (isObject(origin) ? text(origin['path']) : undefined),
    generator: generated?.by,
    through: steps.filter((step) => step !== undefined),
  };
}

/** What kustomize printed about each object, by `originKey`. */
export function readOrigins(printed: string): ReadonlyMap<string, ToldOrigin> {
  const origins = new Map<string, ToldOrigin>();
  for (const document of readYamlDocuments('kustomize build', printed)) {
    const { value } = readYamlValue(document, 'printed');
    if (!isObject(value) || !isObject(value['metadata'])) continue;
    const { annotations } = value['metadata'];
    if (isObject(annotations))
      origins.set(originKey(value as unknown as KubernetesObject), toldBy(annotations));
  }
  return origins;
}

interface Candidate {
  readonly kind: string;
  readonly name: string;
  readonly place: string;
}

function candidatesOf(document: YamlDocument): readonly Candidate[] {
  const { value } = readYamlValue(document, 'source');
  const items = isObject(value) && isList(value['items']) ? value['items'] : [value];
  return items.flatMap((item) => {
    if (!isObject(item) || !isObject(item['metadata'])) return [];
    const { kind, metadata } = item;
    const name = metadata['name'];
    if (typeof kind !== 'string' || typeof name !== 'string') return [];
    return [{ kind, name, place: placeOf(document) }];
  });
}

/** The documents of the files that objects come from, each file read once. */
export class OriginSources {
  readonly #tree: Tree;
  readonly #directory: string;
  readonly #files = new Map<string, readonly Candidate[]>();

  /** `directory`: the one that is built. */
  constructor(tree: Tree, directory: string) {
    this.#tree = tree;
    this.#directory = directory;
  }

  /** Finds file, line and document; where names were changed so that several documents fit, the file alone. */
  async resolve(object: KubernetesObject, told: ToldOrigin): Promise<ObjectOrigin> {
    const through = told.through.map(({ by, path }) => `${by} of ${this.#inside(path)}`);
    if (told.path === undefined) return { place: 'unknown to kustomize', through };
    const path = this.#inside(told.path);
    if (told.generator !== undefined) return { place: `${path} (${told.generator})`, through };
    const ofKind = (await this.#candidates(path)).filter(({ kind }) => kind === object.kind);
    const { name } = object.metadata;
    const exact = ofKind.filter((one) => one.name === name);
    const fitting = exact.length > 0 ? exact : ofKind.filter((one) => name.includes(one.name));
    const [found] = fitting.length === 0 ? ofKind : fitting;
    const certain = found !== undefined && (fitting.length === 1 || ofKind.length === 1);
    return { place: certain ? found.place : path, through };
  }

  #inside(path: string): string {
    return relativePath(this.#directory, path) ?? path;
  }

  async #candidates(path: string): Promise<readonly Candidate[]> {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const isFile = (await this.#tree.kind(path)) === 'file';
    const documents = isFile ? [...readYamlDocuments(path, await this.#tree.text(path))] : [];
    const found = documents.flatMap(candidatesOf);
    this.#files.set(path, found);
    return found;
  }
}
