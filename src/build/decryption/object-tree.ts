import { isList, isObject, type JsonObject, type JsonValue } from '../yaml/json-value.ts';
import { isComment, pairsOf, SopsFault, type SopsMap, type SopsValue } from './sops-tree.ts';

function treeValue(value: JsonValue): SopsValue {
  if (isList(value)) return { kind: 'list', items: value.map(treeValue) };
  return isObject(value) ? objectTree(value) : value;
}

/** An object as the tree that SOPS sees. */
export function objectTree(object: JsonObject): SopsMap {
  const entries = Object.entries(object).map(([key, value]) => {
    return { kind: 'pair', key, value: treeValue(value) } as const;
  });
  return { kind: 'map', entries };
}

function jsonValue(value: Exclude<SopsValue, { kind: 'comment' }>): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (value.kind === 'map') return treeObject(value);
  if (value.kind === 'list') return value.items.flatMap((item) => (isComment(item) ? [] : [jsonValue(item)]));
  if (value.kind === 'bytes') throw new SopsFault('a value is not UTF-8');
  return value.kind === 'float' ? value.value : value.text;
}

/** The object that a tree stands for, without comments. @throws SopsFault for values that are no text. */
export function treeObject(tree: SopsMap): JsonObject {
  const pairs = pairsOf(tree).flatMap(({ key, value }) =>
    isComment(value) ? [] : [[key, jsonValue(value)] as const],
  );
  return Object.fromEntries(pairs);
}
