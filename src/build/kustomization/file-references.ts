import { isList, isObject, type JsonObject, type JsonValue, type Path } from '../yaml/json-value.ts';

/** A path that kustomize would read, as the file spells it. */
export interface FileReference {
  readonly text: string;
  /** As the field says it: `files` may say KEY=PATH. */
  readonly source: string;
  readonly at: Path;
}

/** Fields of generators, patches and plugins that name files. Kustomize compares field names without case. */
const fileFields = new Set(['path', 'paths', 'files', 'env', 'envs', 'targetfilepath', 'argsfromfile']);

/** Below these a `path` is one inside an object. */
const fieldPathFields = new Set(['fieldspecs', 'fields']);

function references(value: JsonValue, at: Path, named: boolean): readonly FileReference[] {
  if (typeof value === 'string') return named ? [{ text: value, source: value, at }] : [];
  if (isList(value)) return value.flatMap((item, index) => references(item, [...at, index], named));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const field = key.toLowerCase();
    if (fieldPathFields.has(field)) return [];
    const found = references(item, [...at, key], fileFields.has(field));
    // `files` may say KEY=PATH.
    return field === 'files'
      ? found.map((one) => ({ ...one, text: one.text.replace(/^[^=]*=/, '') }))
      : found;
  });
}

/** Every file that a value names, at whatever depth. */
export function fileReferences(value: JsonValue | undefined, at: Path): readonly FileReference[] {
  return value === undefined ? [] : references(value, at, false);
}

/** The strings of a list field. */
export function stringItems(value: JsonObject, field: string): readonly FileReference[] {
  const items = value[field];
  if (!isList(items)) return [];
  return items.flatMap((item, index) =>
    typeof item === 'string' ? [{ text: item, source: item, at: [field, index] }] : [],
  );
}
