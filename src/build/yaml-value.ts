import type { Pair, ParsedNode, Scalar as ScalarNode, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { ErrorCode } from '../core/index.ts';
import { SealiftError } from '../core/index.ts';
import { isList, isObject, type JsonValue, type Path, pointer } from './json-value.ts';
import { resolvePlain, type ScalarRules } from './scalar.ts';
import { placeOf, type YamlDocument } from './yaml-documents.ts';
import { maxYamlAliases, maxYamlValues } from './yaml-limits.ts';

export interface YamlValue {
  readonly value: JsonValue;
  /** Pointers of the strings that were written in quotes or as a block, and hold a `$`. */
  readonly quoted: ReadonlySet<string>;
}

const coreTag = 'tag:yaml.org,2002:';
const taggedTypes: Readonly<Record<string, readonly string[]>> = {
  [`${coreTag}int`]: ['number', 'bigint'],
  [`${coreTag}float`]: ['number', 'bigint'],
  [`${coreTag}bool`]: ['boolean'],
  [`${coreTag}null`]: ['object'],
};

/** A password that begins with `!` reads as a tag, so tags that are not YAML's own are not quoted. */
function tagName(tag: string | undefined): string {
  return tag?.startsWith(coreTag) === true ? `the tag !!${tag.slice(coreTag.length)}` : 'a tag';
}

/** Kustomize keeps labels and annotations as text, a date among them too. */
function isMetadataText(path: Path): boolean {
  return path[0] === 'metadata' && (path[1] === 'labels' || path[1] === 'annotations');
}

/** Reads one document; a bomb of aliases is stopped by the count of values it would make. */
class ValueReader {
  readonly quoted = new Set<string>();
  readonly #document: YamlDocument;
  readonly #rules: ScalarRules;
  readonly #anchors = new Map<string, { readonly value: JsonValue; readonly path: Path }>();
  readonly #path: (string | number)[] = [];
  #aliases = 0;
  #values = 0;

  constructor(document: YamlDocument, rules: ScalarRules) {
    this.#document = document;
    this.#rules = rules;
  }

  read(node: ParsedNode | null): JsonValue {
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node.source, node.range[0]);
    this.#count(node.range[0]);
    const value = isScalar(node) ? this.#scalar(node) : this.#collection(node);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, { value, path: [...this.#path] });
    return value;
  }

  #collection(node: Exclude<ParsedNode, ScalarNode.Parsed>): JsonValue {
    const tag = 'tag' in node ? node.tag : undefined;
    if (isMap(node) && (tag === undefined || tag === `${coreTag}map`))
      return this.#map(node as YAMLMap.Parsed);
    if (isSeq(node) && (tag === undefined || tag === `${coreTag}seq`))
      return this.#list(node as YAMLSeq.Parsed);
    return this.#fail('YAML_MALFORMED', node.range?.[0] ?? 0, `${tagName(tag)} is not supported`);
  }

  #fail(code: ErrorCode, offset: number, detail: string): never {
    throw new SealiftError(code, placeOf(this.#document, offset), detail);
  }

  #count(offset: number): void {
    this.#values += 1;
    if (this.#values > maxYamlValues) {
      const detail = `expected at most ${maxYamlValues} values in a document, aliases included, got more`;
      this.#fail('YAML_LIMIT_EXCEEDED', offset, detail);
    }
  }

  #alias(name: string, offset: number): JsonValue {
    this.#aliases += 1;
    if (this.#aliases > maxYamlAliases) {
      this.#fail(
        'YAML_LIMIT_EXCEEDED',
        offset,
        `expected at most ${maxYamlAliases} aliases in a document, got more`,
      );
    }
    const anchor = this.#anchors.get(name);
    if (anchor === undefined) {
      this.#fail('YAML_MALFORMED', offset, 'an alias has no anchor before it, or stands inside its own');
    }
    return this.#copy(anchor.value, anchor.path, offset);
  }

  /** An alias is a copy: shared parts would be printed as aliases again. `from` is where the value was read. */
  #copy(value: JsonValue, from: Path, offset: number): JsonValue {
    this.#count(offset);
    if (isList(value)) {
      return value.map((item, index) =>
        this.#within(index, () => this.#copy(item, [...from, index], offset)),
      );
    }
    if (isObject(value)) {
      const entries = Object.entries(value).map(([key, item]) => {
        return [key, this.#within(key, () => this.#copy(item, [...from, key], offset))] as const;
      });
      return Object.fromEntries(entries);
    }
    const quoted = typeof value === 'string' && value.includes('$') && this.quoted.has(pointer(from));
    if (quoted) this.quoted.add(pointer(this.#path));
    return value;
  }

  #scalar(node: ScalarNode.Parsed): JsonValue {
    const text = node.source;
    if (node.tag !== undefined) return this.#tagged(node, node.tag);
    if (node.type !== 'PLAIN') {
      if (text.includes('$')) this.quoted.add(pointer(this.#path));
      return text;
    }
    const value = resolvePlain(text, isMetadataText(this.#path) ? this.#textRules(text) : this.#rules);
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.#fail('YAML_MALFORMED', node.range[0], 'infinity and NaN have no place in an object');
    }
    return value;
  }

  /** Of the rules for printed text only the one about timestamps is wanted here. */
  #textRules(text: string): ScalarRules {
    return /^\d{4}-/.test(text) ? 'printed' : this.#rules;
  }

  #tagged(node: ScalarNode.Parsed, tag: string): JsonValue {
    if (tag === `${coreTag}str`) return node.source;
    const value = resolvePlain(node.source, this.#rules);
    if (taggedTypes[tag]?.includes(typeof value) !== true) {
      this.#fail(
        'YAML_MALFORMED',
        node.range[0],
        `${tagName(tag)} is not supported, or does not fit its value`,
      );
    }
    return value;
  }

  #list(node: YAMLSeq.Parsed): JsonValue {
    return node.items.map((item, index) => this.#within(index, () => this.read(item)));
  }

  #within(part: string | number, read: () => JsonValue): JsonValue {
    this.#path.push(part);
    const value = read();
    this.#path.pop();
    return value;
  }

  #map(node: YAMLMap.Parsed): JsonValue {
    const entries = new Map<string, JsonValue>();
    let merged: JsonValue | undefined;
    for (const pair of node.items) {
      const offset = pair.key.range[0];
      if (isMergeKey(pair)) {
        if (merged !== undefined) this.#fail('YAML_MALFORMED', offset, 'the key << appears twice');
        merged = this.#within('<<', () => this.read(pair.value));
        continue;
      }
      const key = this.#key(pair.key);
      if (entries.has(key))
        this.#fail('YAML_MALFORMED', offset, `the key ${JSON.stringify(key)} appears twice`);
      entries.set(
        key,
        this.#within(key, () => this.read(pair.value)),
      );
    }
    if (merged !== undefined) this.#merge(entries, merged, node.range[0]);
    // fromEntries defines own properties, `__proto__` among them.
    return Object.fromEntries(entries);
  }

  #key(node: ParsedNode): string {
    const value = this.read(node);
    // What was printed quotes every key that needs it.
    if (isScalar(node) && value !== null && (this.#rules === 'printed' || typeof value === 'string')) {
      return node.source;
    }
    if (typeof value === 'string') return value;
    return this.#fail('YAML_MALFORMED', node.range[0], 'expected a string as key; quote it');
  }

  /** https://yaml.org/type/merge.html: keys that are there win, then the earlier of several maps. */
  #merge(entries: Map<string, JsonValue>, merged: JsonValue, offset: number): void {
    if (!isList(merged)) {
      this.#mergeOne(entries, merged, ['<<'], offset);
      return;
    }
    for (const [index, source] of merged.entries()) this.#mergeOne(entries, source, ['<<', index], offset);
  }

  #mergeOne(entries: Map<string, JsonValue>, source: JsonValue, at: Path, offset: number): void {
    if (!isObject(source)) {
      this.#fail('YAML_MALFORMED', offset, 'expected a map, or a list of maps, behind <<');
    }
    for (const [key, value] of Object.entries(source)) {
      if (entries.has(key)) continue;
      const from = [...this.#path, ...at, key];
      entries.set(
        key,
        this.#within(key, () => this.#copy(value, from, offset)),
      );
    }
  }
}

function isMergeKey(pair: Pair<ParsedNode, ParsedNode | null>): boolean {
  return isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.source === '<<';
}

/**
 * The value of a document: anchors and merge keys resolved, duplicate keys refused, numbers exact.
 * @throws SealiftError YAML_MALFORMED, YAML_LIMIT_EXCEEDED, naming file and line.
 */
export function readYamlValue(document: YamlDocument, rules: ScalarRules): YamlValue {
  const reader = new ValueReader(document, rules);
  return { value: reader.read(document.contents), quoted: reader.quoted };
}
