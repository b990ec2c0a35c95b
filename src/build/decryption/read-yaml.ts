import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { readYamlDocuments, type YamlDocument } from '../yaml/full/yaml-documents.ts';
import { resolvePlain } from '../yaml/scalar.ts';
import { maxYamlValues } from '../yaml/yaml-limits.ts';
import {
  type SopsComment,
  type SopsEntry,
  SopsFault,
  type SopsLeaf,
  type SopsMap,
  type SopsValue,
} from './sops-tree.ts';

const timestampPattern = /^\d{4}-\d\d?-\d\d?/;
const fractionPattern = /^[-+]?[0-9]*\.|^[-+]?[0-9]+[eE]/;

function commentsOf(text: string | null | undefined, inline = false): readonly SopsComment[] {
  if (text === null || text === undefined) return [];
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => ({ kind: 'comment', text: line, inline }));
}

/** True when a text without quotes would be read as itself. */
export function readsAsText(text: string): boolean {
  try {
    return typeof plainValue(text) === 'string' && text !== '<<';
  } catch (thrown) {
    if (thrown instanceof SopsFault) return false;
    throw thrown;
  }
}

function plainValue(text: string): SopsLeaf {
  const value = resolvePlain(text, 'source');
  if (typeof value === 'string') {
    const isTime = timestampPattern.test(text) && /^\d{4}-\d\d-\d\dT/.test(value);
    return isTime ? { kind: 'time', text: value } : value;
  }
  if (typeof value !== 'number') return value;
  if (!Number.isFinite(value)) throw new SopsFault('infinity and NaN are not supported');
  const isFloat = fractionPattern.test(text.replaceAll('_', '')) || !Number.isSafeInteger(value);
  return isFloat ? { kind: 'float', value } : value;
}

function scalarValue(node: Scalar.Parsed): SopsLeaf {
  // A text `<<` is written as `!!merge <<` by go-yaml.
  if (node.tag === 'tag:yaml.org,2002:str' || node.tag === 'tag:yaml.org,2002:merge') return node.source;
  if (node.tag !== undefined) throw new SopsFault('tags are not supported in encrypted files');
  return node.type === 'PLAIN' ? plainValue(node.source) : node.source;
}

/** Reads one document with its comments. */
class TreeReader {
  readonly #anchors = new Map<string, ParsedNode>();
  #values = 0;

  map(node: YAMLMap.Parsed, before: string | null, after: string | null): SopsMap {
    const entries: SopsEntry[] = [...commentsOf(before), ...commentsOf(node.commentBefore)];
    const names = new Set<string>();
    for (const { key, value } of node.items) {
      const name = this.#key(key);
      if (names.has(name)) throw new SopsFault('a key appears twice in a map');
      names.add(name);
      entries.push(...commentsOf(key.commentBefore), ...commentsOf(key.comment));
      entries.push(...this.#commentsOfLeaf(value), { kind: 'pair', key: name, value: this.value(value) });
    }
    entries.push(...commentsOf(node.comment), ...commentsOf(after));
    return { kind: 'map', entries };
  }

  value(node: ParsedNode | null): SopsValue {
    this.#values += 1;
    if (this.#values > maxYamlValues) {
      throw new SopsFault(`expected at most ${maxYamlValues} values in a document, got more`);
    }
    if (node === null) return null;
    if (isAlias(node)) return this.value(this.#anchor(node.source));
    const value = this.#nodeValue(node);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    return value;
  }

  #nodeValue(node: ParsedNode): SopsValue {
    if (isScalar(node)) return scalarValue(node);
    return isMap(node) ? this.map(node as YAMLMap.Parsed, null, null) : this.#list(node);
  }

  #list(node: ParsedNode): SopsValue {
    if (!isSeq(node)) throw new SopsFault('expected a map, a list or a scalar');
    const { items, commentBefore, comment } = node as YAMLSeq.Parsed;
    const values = items.flatMap((item) => [
      ...(item === null ? [] : commentsOf(item.commentBefore)),
      ...(isScalar(item) ? commentsOf(item.comment, true) : []),
      this.value(item),
    ]);
    return { kind: 'list', items: [...commentsOf(commentBefore), ...values, ...commentsOf(comment)] };
  }

  /** What stands before and behind a scalar belongs to the map around it. */
  #commentsOfLeaf(node: ParsedNode | null): readonly SopsComment[] {
    if (!isScalar(node) && !isAlias(node)) return [];
    return [...commentsOf(node.commentBefore), ...commentsOf(node.comment, true)];
  }

  #key(node: ParsedNode): string {
    const value = isScalar(node) ? scalarValue(node) : undefined;
    if (typeof value !== 'string') throw new SopsFault('expected texts as keys of a map');
    return value;
  }

  /** An anchor is known once its value was read to the end, so that nothing holds itself. */
  #anchor(name: string): ParsedNode {
    const node = this.#anchors.get(name);
    if (node === undefined) throw new SopsFault('an alias has no anchor before it');
    return node;
  }
}

function readDocument({ contents, commentBefore, commentAfter }: YamlDocument): SopsMap {
  if (isMap(contents)) {
    return new TreeReader().map(contents as YAMLMap.Parsed, commentBefore, commentAfter);
  }
  const empty = contents === null || (isScalar(contents) && scalarValue(contents) === null);
  if (!empty) throw new SopsFault('expected a map in every document');
  return { kind: 'map', entries: [...commentsOf(commentBefore), ...commentsOf(commentAfter)] };
}

/**
 * The documents of a YAML or JSON file as SOPS reads them: an alias is a copy, `<<` a key like any other.
 * @throws SopsFault; SealiftError YAML_MALFORMED, YAML_LIMIT_EXCEEDED.
 */
export function readYamlTrees(file: string, text: string): readonly SopsMap[] {
  return [...readYamlDocuments(file, text)].map(readDocument);
}
