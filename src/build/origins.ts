import type { ObjectOrigin } from './built-object.ts';
import { isList, isObject, type JsonObject, type JsonValue } from './json-value.ts';
import { fittingPlaces, type SourcePlaces } from './source-places.ts';
import { relativePath } from './tree.ts';
import { readYaml } from './yaml-readings.ts';

/** https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/buildmetadata/ */
const originAnnotation = 'config.kubernetes.io/origin';
const transformationsAnnotation = 'alpha.config.kubernetes.io/transformations';

/** What kustomize's annotations say of one object; paths as from the directory that is built. */
interface ToldOrigin {
  readonly kind: JsonValue | undefined;
  readonly name: string;
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

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function readAnnotation(annotation: JsonValue | undefined): JsonValue {
  if (typeof annotation !== 'string') return null;
  const [document] = readYaml('', annotation, 'printed');
  return document?.read().value ?? null;
}

function configured(value: JsonValue): { readonly by: string; readonly path: string } | undefined {
  if (!isObject(value) || !isObject(value['configuredBy'])) return undefined;
  const path = text(value['configuredIn']);
  const { kind, name } = value['configuredBy'];
  if (path === undefined || typeof kind !== 'string') return undefined;
  return { by: typeof name === 'string' ? `${kind} ${name}` : kind, path };
}

function toldBy(value: JsonValue): ToldOrigin | undefined {
  if (!isObject(value) || !isObject(value['metadata'])) return undefined;
  const { name, annotations } = value['metadata'];
  if (typeof name !== 'string' || !isObject(annotations)) return undefined;
  const origin = readAnnotation(annotations[originAnnotation]);
  const transformations = readAnnotation(annotations[transformationsAnnotation]);
  const generated = configured(origin);
  const steps = isList(transformations) ? transformations.map(configured) : [];
  return {
    kind: value['kind'],
    name,
    path: generated?.path ?? (isObject(origin) ? text(origin['path']) : undefined),
    generator: generated?.by,
    through: steps.filter((step) => step !== undefined),
  };
}

/** What kustomize printed about each object, in the order of its documents. */
export function readOrigins(printed: string): readonly (ToldOrigin | undefined)[] {
  return [...readYaml('kustomize build', printed, 'printed')].map((document) =>
    toldBy(document.read().value),
  );
}

/** Turns what kustomize tells into places of the tree. */
export class OriginSources {
  readonly #places: SourcePlaces;
  readonly #directory: string;

  /** `directory`: the one that is built. */
  constructor(places: SourcePlaces, directory: string) {
    this.#places = places;
    this.#directory = directory;
  }

  /** Finds file, line and document; where names were changed so that several documents fit, the file alone. */
  async resolve({
    kind,
    name,
    path: toldPath,
    generator,
    through: steps,
  }: ToldOrigin): Promise<ObjectOrigin> {
    const through = steps.map(({ by, path }) => `${by} of ${this.#inside(path)}`);
    if (toldPath === undefined) return { place: undefined, through };
    const path = this.#inside(toldPath);
    const places = await this.#places.of(path);
    const ofKind = places.filter((one) => one.kind === kind);
    const fitting = fittingPlaces(places, kind, name);
    const candidates = fitting.length === 0 ? ofKind : fitting;
    const place = (candidates.length === 1 ? candidates[0]?.place : undefined) ?? path;
    return { place: generator === undefined ? place : `${place} (${generator})`, through };
  }

  #inside(path: string): string {
    return relativePath(this.#directory, path) ?? path;
  }
}
