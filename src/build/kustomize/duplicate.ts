import { SealiftError } from '../../core/index.ts';
import { stringItems } from '../kustomization/file-references.ts';
import type { SourcePlace, SourcePlaces } from '../kustomization/source-places.ts';
import { isKustomization } from '../tree/scan-tree.ts';
import { relativePath } from '../tree/tree.ts';
import type { JsonObject } from '../yaml/json-value.ts';

/** How kustomize names what is there already: KIND.VERSION.GROUP/NAME.NAMESPACE, or for generators the fields one by one. */
const forms = [
  /already registered id: (?<kind>[^.\s]+)\.[^/\s]+\/(?<name>\S+)\.(?<namespace>[^.\s']+)/,
  /Kind:"(?<kind>[^"]*)"[^}]*\}, Name:"(?<name>[^"]*)", Namespace:"(?<namespace>[^"]*)"\} exists/,
];

/** What kustomize read. */
export interface ReadTree {
  readonly kustomizations: readonly { readonly directory: string; readonly value: JsonObject }[];
  /** All files. */
  readonly files: ReadonlySet<string>;
  readonly places: SourcePlaces;
}

/** The files that objects come from; patches hold none, though they look like some. */
function objectFiles({ kustomizations, files }: ReadTree): ReadonlySet<string> {
  const resources = kustomizations.flatMap(({ directory, value }) =>
    stringItems(value, 'resources').map(({ text }) => relativePath(directory, text)),
  );
  const known = resources.filter((path) => path !== undefined && files.has(path)) as readonly string[];
  return new Set([...known, ...[...files].filter(isKustomization)]);
}

/** The texts that kustomizations give for a field, and none. */
function givenTexts({ kustomizations }: ReadTree, field: string): readonly string[] {
  const texts = kustomizations.map(({ value }) => value[field]);
  return ['', ...texts.filter((text): text is string => typeof text === 'string')];
}

/** The places of all that can have become the object, those of its own name first. */
async function placesOf(
  { kind, name, namespace }: Readonly<Record<string, string | undefined>>,
  tree: ReadTree,
): Promise<readonly string[]> {
  const prefixes = givenTexts(tree, 'namePrefix');
  const suffixes = givenTexts(tree, 'nameSuffix');
  const given = givenTexts(tree, 'namespace').slice(1);
  const places: SourcePlace[] = [];
  for (const path of objectFiles(tree)) places.push(...(await tree.places.of(path)));
  const wanted = namespace === '[noNs]' ? '' : (namespace ?? '');
  const becomes = (place: SourcePlace, to: string | undefined): boolean =>
    place.kind === kind &&
    (place.namespace === wanted || given.includes(wanted)) &&
    prefixes.some((prefix) => suffixes.some((suffix) => `${prefix}${place.name}${suffix}` === to));
  const found = places.filter((place) => becomes(place, name));
  const exact = found.filter((place) => place.name === name);
  return [...exact, ...found.filter((place) => place.name !== name)].map(({ place }) => place);
}

/** When kustomize met one object twice: the error that names both places. */
export async function duplicateError(error: SealiftError, tree: ReadTree): Promise<SealiftError> {
  const met = forms.map((form) => form.exec(error.message)?.groups).find((groups) => groups !== undefined);
  if (met === undefined) return error;
  const [first, second] = await placesOf(met, tree);
  if (first === undefined) return error;
  const named = `${met['kind']}/${met['name']}`;
  const detail =
    second === undefined
      ? `${named} is used twice (${error.message})`
      : `${named} is already defined at ${first}`;
  return new SealiftError('OBJECT_DUPLICATE', second ?? first, detail, { cause: error });
}
