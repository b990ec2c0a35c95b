import { isDecryptionDisabled } from './decryption-disabled.ts';
import { readIniTree, writeIni } from './ini-store.ts';
import { treeObject } from './object-tree.ts';
import { readDotenvTree } from './read-dotenv.ts';
import { readYamlTrees } from './read-yaml.ts';
import type { SopsFormat } from './sops-format.ts';
import { readMetadata, type SopsMetadata } from './sops-metadata.ts';
import { pairsOf, SopsFault, type SopsMap, type SopsPair, type SopsValue, withoutKey } from './sops-tree.ts';
import { unflatten } from './unflatten.ts';
import { writeDotenv } from './write-dotenv.ts';
import { writeJson } from './write-json.ts';
import { writeYaml } from './write-yaml.ts';

/** An encrypted file: its values, and what it says about them. */
export interface SopsFile {
  /** True when each of its documents asks to be left as it is. */
  readonly isDisabled: boolean;
  readonly trees: readonly SopsMap[];
  readonly metadata: SopsMetadata;
}

const metadataKey = 'sops';
const flatPrefix = 'sops_';

function isMapValue(value: SopsValue | undefined): value is SopsMap {
  return typeof value === 'object' && value !== null && value.kind === 'map';
}

function fieldOf(map: SopsMap, key: string): SopsValue | undefined {
  return pairsOf(map).find((pair) => pair.key === key)?.value;
}

function annotationsOf(tree: SopsMap): Readonly<Record<string, unknown>> {
  const metadata = fieldOf(tree, 'metadata');
  const annotations = isMapValue(metadata) ? fieldOf(metadata, 'annotations') : undefined;
  return isMapValue(annotations) ? treeObject(annotations) : {};
}

/** A file of one document that keeps its metadata in a map, and SOPS repeats it in each further document. */
function nested(trees: readonly SopsMap[]): SopsFile {
  const [first] = trees;
  const metadata = readMetadata(first === undefined ? undefined : fieldOf(first, metadataKey));
  const isDisabled = trees.every((tree) => isDecryptionDisabled(annotationsOf(tree)));
  return { isDisabled, metadata, trees: trees.map((tree) => withoutKey(tree, metadataKey)) };
}

function dotenv(text: string): SopsFile {
  const tree = readDotenvTree(text);
  const isFlat = (entry: SopsMap['entries'][number]): entry is SopsPair => {
    return entry.kind === 'pair' && entry.key.startsWith(flatPrefix);
  };
  const flat = tree.entries.filter(isFlat);
  const pairs = flat.map((pair) => ({ ...pair, key: pair.key.slice(flatPrefix.length) }));
  const rest = tree.entries.filter((entry) => !isFlat(entry));
  const metadata = readMetadata(unflatten(pairs));
  return { isDisabled: false, metadata, trees: [{ kind: 'map', entries: rest }] };
}

function ini(text: string): SopsFile {
  const tree = readIniTree(text);
  const section = fieldOf(tree, metadataKey);
  const pairs = isMapValue(section) ? pairsOf(section) : [];
  const unescaped = pairs.map(({ kind, key, value }) => {
    return { kind, key, value: typeof value === 'string' ? value.replaceAll('\\n', '\n') : value };
  });
  const metadata = readMetadata(unflatten(unescaped));
  return { isDisabled: false, metadata, trees: [withoutKey(tree, metadataKey)] };
}

/** JSON for a reader of YAML: what YAML forbids stands in texts alone, as an escape. */
function escaped(json: string): string {
  return json.replaceAll(/[\u007f-\u009f\u2028\u2029\ufffe\uffff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/**
 * Reads an encrypted file. Documents of YAML that were encrypted on their own and put together are files of their own.
 * @throws SopsFault; SealiftError YAML_MALFORMED, YAML_LIMIT_EXCEEDED.
 */
export function readSopsFiles(place: string, text: string, format: SopsFormat): readonly SopsFile[] {
  if (format === 'dotenv') return [dotenv(text)];
  if (format === 'ini') return [ini(text)];
  return groupsOf(readYamlTrees(place, format === 'yaml' ? text : escaped(text))).map(nested);
}

function macOf(tree: SopsMap): string | undefined {
  const metadata = fieldOf(tree, metadataKey);
  if (!isMapValue(metadata)) return undefined;
  const mac = fieldOf(metadata, 'mac');
  return typeof mac === 'string' ? mac : undefined;
}

/** Neighbours with the same MAC belong together. */
function groupsOf(trees: readonly SopsMap[]): readonly (readonly SopsMap[])[] {
  const groups: { readonly mac: string; readonly trees: SopsMap[] }[] = [];
  for (const tree of trees) {
    const mac = macOf(tree);
    const last = groups.at(-1);
    if (mac === undefined) continue;
    if (last?.mac === mac) last.trees.push(tree);
    else groups.push({ mac, trees: [tree] });
  }
  return groups.map((group) => group.trees);
}

function binary(trees: readonly SopsMap[]): Uint8Array {
  const [first] = trees;
  const value = first === undefined ? undefined : fieldOf(first, 'data');
  if (typeof value === 'string') return Buffer.from(value);
  if (typeof value === 'object' && value !== null && value.kind === 'bytes') return value.bytes;
  throw new SopsFault('expected a binary file, which holds one text under the key data');
}

/** The text of decrypted trees in a store. @throws SopsFault when they do not fit it. */
export function writeTrees(trees: readonly SopsMap[], format: SopsFormat): Uint8Array {
  if (format === 'binary') return binary(trees);
  if (format === 'yaml') return Buffer.from(writeYaml(trees));
  const [first = { kind: 'map', entries: [] }] = trees;
  const writers = { dotenv: writeDotenv, ini: writeIni, json: writeJson };
  return Buffer.from(writers[format](first));
}
