import { formatJson, SealiftError } from '../../core/index.ts';
import type { KustomizationFile } from '../kustomization/kustomization-file.ts';
import { relativePath } from '../tree/tree.ts';
import { isList, isObject, type JsonObject, type JsonValue, type Path } from '../yaml/json-value.ts';
import { readYaml } from '../yaml/yaml-readings.ts';

/** Fields of an object that nobody else sets: annotations would be gone where a patch replaces them all. */
const markPrefix = 'x-sealift-patch-';

const patchFields = ['patches', 'patchesStrategicMerge', 'patchesJson6902'];

export function hasPatches(kustomization: JsonObject): boolean {
  return patchFields.some((field) => kustomization[field] !== undefined);
}

/** A patch as a kustomization names it. */
export interface NamedPatch {
  /** Its place in the kustomization, and its file if it has one. */
  readonly place: string;
  /** Path of the kustomization. */
  readonly kustomization: string;
}

function markOf(number: number): JsonObject {
  return { [`${markPrefix}${number}`]: '' };
}

/** A patch for the same objects as the documents of a strategic merge patch, which changes nothing but sets the mark. */
function markedHead(value: JsonValue, mark: JsonObject): readonly JsonObject[] {
  if (!isObject(value) || !isObject(value['metadata'])) return [];
  const { apiVersion = null, kind = null } = value;
  const { name = null, namespace } = value['metadata'];
  return [
    { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, ...mark },
  ];
}

function markedHeads(text: string, mark: JsonObject): string | undefined {
  try {
    const values = [...readYaml('', text, 'source')].map((document) => document.read().value);
    const heads = values.flatMap((value) => markedHead(value, mark));
    return heads.length === 0 ? undefined : heads.map(formatJson).join('\n---\n');
  } catch (thrown) {
    if (thrown instanceof SealiftError) return undefined;
    throw thrown;
  }
}

/**
 * Has kustomize itself say which patches touch an object: before each patch goes one for the same objects that sets a mark. Whether a patch is for
 * an object depends on all that was done to it before, so nobody else can say.
 */
export class PatchMarks {
  readonly #patches: NamedPatch[] = [];

  /** The kustomization with a mark before each patch; `read` gives the text of a file of the tree. */
  async mark(file: KustomizationFile, read: (path: string) => Promise<string>): Promise<JsonObject> {
    const directory = file.path.slice(0, Math.max(file.path.lastIndexOf('/'), 0));
    const inTree = (path: string): string => relativePath(directory, path) ?? path;
    const marked: Record<string, JsonValue> = {};
    for (const field of patchFields) {
      const items = file.value[field];
      if (isList(items)) marked[field] = await this.#items(file, { field, items, inTree, read });
    }
    return { ...file.value, ...marked };
  }

  /** The patches whose marks an object has. */
  of(object: JsonObject): readonly NamedPatch[] {
    const marks = Object.keys(object).filter((key) => key.startsWith(markPrefix));
    const numbers = marks.map((key) => Number(key.slice(markPrefix.length))).sort((a, b) => a - b);
    return numbers.flatMap((number) => this.#patches[number] ?? []);
  }

  async #items(
    file: KustomizationFile,
    asked: {
      readonly field: string;
      readonly items: readonly JsonValue[];
      readonly inTree: (path: string) => string;
      readonly read: (path: string) => Promise<string>;
    },
  ): Promise<JsonValue> {
    const all: JsonValue[] = [];
    for (const [index, item] of asked.items.entries()) {
      const path = pathOf(item);
      const patch = path === undefined ? undefined : asked.inTree(path);
      const number = this.#add(file, [asked.field, index], patch);
      const text = async (): Promise<string> => (patch === undefined ? inlineOf(item) : asked.read(patch));
      all.push(...(await markBefore(item, text, markOf(number))), item);
    }
    return all;
  }

  #add(file: KustomizationFile, at: Path, patch: string | undefined): number {
    const place = file.place(at);
    const named = patch === undefined ? place : `${place} (${patch})`;
    return this.#patches.push({ place: named, kustomization: file.path }) - 1;
  }
}

/** Kustomize takes a text of several lines, or one with a brace, for a patch, and other text for its path. */
function pathOf(item: JsonValue): string | undefined {
  const path = isObject(item) ? item['path'] : item;
  return typeof path === 'string' && path !== '' && !/[\n{]/.test(path) ? path : undefined;
}

function inlineOf(item: JsonValue): string {
  const patch = isObject(item) ? item['patch'] : item;
  return typeof patch === 'string' ? patch : '';
}

/** What goes before an item of a list of patches: nothing for one that says nowhere what it is for. */
async function markBefore(
  item: JsonValue,
  text: () => Promise<string>,
  mark: JsonObject,
): Promise<readonly JsonValue[]> {
  if (isObject(item) && isObject(item['target'])) {
    const [field = ''] = Object.keys(mark);
    return [{ target: item['target'], patch: formatJson([{ op: 'add', path: `/${field}`, value: '' }]) }];
  }
  const heads = markedHeads(await text(), mark);
  if (heads === undefined) return [];
  return [isObject(item) ? { patch: heads } : heads];
}
