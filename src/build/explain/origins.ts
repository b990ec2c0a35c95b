import { fittingPlaces, type SourcePlaces } from '../kustomization/source-places.ts';
import type { ObjectOrigin } from '../objects/built-object.ts';
import { relativePath } from '../tree/tree.ts';
import { isList, isObject, type JsonObject, type JsonValue } from '../yaml/json-value.ts';
import { readYaml, type YamlReading } from '../yaml/yaml-readings.ts';
import type { NamedPatch, PatchMarks } from './patch-marks.ts';

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
  readonly through: readonly Step[];
  /** Those that were applied; `undefined` where there were no marks. */
  readonly patches: readonly NamedPatch[] | undefined;
}

/** A generator or transformer, with the path of what asks for it. */
interface Step {
  readonly by: string;
  readonly path: string;
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

function configured(value: JsonValue): Step | undefined {
  if (!isObject(value) || !isObject(value['configuredBy'])) return undefined;
  const path = text(value['configuredIn']);
  const { kind, name } = value['configuredBy'];
  if (path === undefined || typeof kind !== 'string') return undefined;
  return { by: typeof name === 'string' ? `${kind} ${name}` : kind, path };
}

/** Where a patch replaced all annotations kustomize takes what comes next for the origin. */
function isGenerator({ by }: Step): boolean {
  return !by.endsWith('Transformer');
}

function toldBy(value: JsonValue, marks: PatchMarks | undefined): ToldOrigin | undefined {
  if (!isObject(value) || !isObject(value['metadata'])) return undefined;
  const { name, annotations } = value['metadata'];
  if (typeof name !== 'string') return undefined;
  const known = isObject(annotations) ? annotations : {};
  const origin = readAnnotation(known[originAnnotation]);
  const transformations = readAnnotation(known[transformationsAnnotation]);
  const by = configured(origin);
  const generated = by !== undefined && isGenerator(by) ? by : undefined;
  const steps = isList(transformations) ? transformations.map(configured) : [];
  return {
    kind: value['kind'],
    name,
    path: generated?.path ?? (isObject(origin) ? text(origin['path']) : undefined),
    generator: generated?.by,
    through: steps.filter((step) => step !== undefined),
    patches: marks?.of(value),
  };
}

/** What kustomize told about each object that it printed, in the order of the documents; `marks` where it was given some. */
export function readOrigins(
  printed: Iterable<YamlReading>,
  marks: PatchMarks | undefined,
): readonly (ToldOrigin | undefined)[] {
  return [...printed].map((document) => toldBy(document.read().value, marks));
}

/** Steps for the patches of a kustomization, which tell neither the patch nor whether it was applied; the marks do. */
const patchSteps = new Set([
  'PatchTransformer',
  'PatchJson6902Transformer',
  'PatchStrategicMergeTransformer',
]);

/** The patches by the first step of their kustomization. */
function inOrderOf(patches: readonly NamedPatch[], kustomizations: readonly string[]): readonly NamedPatch[] {
  return patches.toSorted(
    (a, b) => kustomizations.indexOf(a.kustomization) - kustomizations.indexOf(b.kustomization),
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
    patches: touched,
  }: ToldOrigin): Promise<ObjectOrigin> {
    const shown = touched === undefined ? steps : steps.filter(({ by }) => !patchSteps.has(by));
    // One transformer runs once for each entry of its field: its steps cannot be told apart.
    const through = [...new Set(shown.map(({ by, path }) => `${by} of ${this.#inside(path)}`))];
    const order = steps.map(({ path }) => this.#inside(path));
    const patches = inOrderOf(touched ?? [], order).map(({ place }) => place);
    if (toldPath === undefined) return { place: undefined, through, patches };
    const path = this.#inside(toldPath);
    const places = await this.#places.of(path);
    const ofKind = places.filter((one) => one.kind === kind);
    const fitting = fittingPlaces(places, kind, name);
    const candidates = fitting.length === 0 ? ofKind : fitting;
    const place = (candidates.length === 1 ? candidates[0]?.place : undefined) ?? path;
    return { place: generator === undefined ? place : `${place} (${generator})`, through, patches };
  }

  #inside(path: string): string {
    return relativePath(this.#directory, path) ?? path;
  }
}
