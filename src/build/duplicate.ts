import { SealiftError } from '../core/index.ts';
import { fittingPlaces, type SourcePlace, type SourcePlaces } from './source-places.ts';

/** How kustomize names what is there already: KIND.VERSION.GROUP/NAME.NAMESPACE, or for generators the fields one by one. */
const forms = [
  /already registered id: (?<kind>[^.\s]+)\.[^/\s]+\/(?<name>\S+)\.[^.\s]+/,
  /Kind:"(?<kind>[^"]*)"[^}]*\}, Name:"(?<name>[^"]*)", Namespace:"[^"]*"\} exists/,
];

async function placesIn(files: Iterable<string>, sources: SourcePlaces): Promise<readonly SourcePlace[]> {
  const found: SourcePlace[] = [];
  for (const path of files) {
    const places = await sources.of(path).catch((thrown: unknown) => {
      // Generators read files of any kind.
      if (thrown instanceof SealiftError) return [];
      throw thrown;
    });
    found.push(...places);
  }
  return found;
}

/** When kustomize met one object twice: the error that names both places. `files`: all that it read. */
export async function duplicateError(
  error: SealiftError,
  files: Iterable<string>,
  sources: SourcePlaces,
): Promise<SealiftError> {
  const met = forms.map((form) => form.exec(error.message)?.groups).find((groups) => groups !== undefined);
  const { kind, name = '' } = met ?? {};
  if (kind === undefined) return error;
  const [first, second] = fittingPlaces(await placesIn(files, sources), kind, name);
  if (first === undefined) return error;
  const detail =
    second === undefined
      ? `${kind}/${name} is used twice (${error.message})`
      : `${kind}/${name} is already defined at ${first.place}`;
  return new SealiftError('OBJECT_DUPLICATE', (second ?? first).place, detail, { cause: error });
}
