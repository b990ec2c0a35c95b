import type { Alias, Pair, ParsedNode, Scalar as ScalarNode, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { ErrorCode } from '../core/index.ts';
import { SealiftError } from '../core/index.ts';
import { isAnnotationPlace } from './annotation-place.ts';
import { coreTag, fitsTag, tagName } from './core-tags.ts';
import { reprintFolded } from './folded.ts';
import { isList, isObject, type JsonObject, type JsonValue, type Path, pointer } from './json-value.ts';
import { type ListForm, listFormOf } from './list-form.ts';
import { type PlainReadings, readPlain } from './plain-readings.ts';
import { resolvePlain, type ScalarRules } from './scalar.ts';
import { gainsLine, scalarText } from './scalar-text.ts';
import { placeOf, type YamlDocument } from './yaml-documents.ts';
import { maxYamlAliases, maxYamlValues } from './yaml-limits.ts';

export interface YamlValue {
  readonly value: JsonValue;
  /** Pointers of the strings that were written in quotes or as a block, and hold a `$`. */
  readonly quoted: ReadonlySet<string>;
}

interface Anchor {
  readonly path: Path;
  /** Absent as long as it is being read. */
  value?: JsonValue;
}

/** Reads one document; a bomb of aliases is stopped by the count of values it would make. */
class ValueReader {
  readonly quoted = new Set<string>();
  readonly #document: YamlDocument;
  readonly #rules: ScalarRules;
  readonly #anchors = new Map<string, Anchor>();
  readonly #path: (string | number)[] = [];
  readonly #form: ListForm;
  /** Readings of plain scalars that may be copied to another place, by pointer. */
  readonly #readings = new Map<string, PlainReadings>();
  /** Maps and lists that were written in braces and brackets. */
  readonly #flows = new WeakSet<object>();
  #flowDepth = 0;
  /** Nodes around the current one that may be copied. */
  #copied = 0;
  #aliases = 0;
  #values = 0;

  constructor(document: YamlDocument, rules: ScalarRules) {
    this.#document = document;
    this.#rules = rules;
    this.#form = listFormOf(document, rules);
  }

  read(node: ParsedNode | null): JsonValue {
    if (node === null) return this.#plain('', 0);
    if (isAlias(node)) return this.#alias(node.source, node.range[0]);
    this.#count(node.range[0]);
    if (node.anchor === undefined) return this.#node(node);
    return this.#anchored(node, node.anchor);
  }

  /** An anchor counts from where it is written, so one inside with the same name comes after it. */
  #anchored(node: Exclude<ParsedNode, Alias.Parsed>, name: string): JsonValue {
    const anchor: Anchor = { path: [...this.#path] };
    this.#anchors.set(name, anchor);
    const value = this.#readCopied(() => this.#node(node));
    anchor.value = value;
    return value;
  }

  #node(node: Exclude<ParsedNode, Alias.Parsed>): JsonValue {
    return isScalar(node)
      ? this.#scalar(node)
      : this.#inFlow(node.flow === true, () => this.#collection(node));
  }

  /** Reads what aliases and merges may copy to places where it stands for something else. */
  #readCopied(read: () => JsonValue): JsonValue {
    this.#copied += 1;
    const value = read();
    this.#copied -= 1;
    return value;
  }

  #inFlow(flow: boolean, read: () => JsonValue): JsonValue {
    if (!flow) return read();
    this.#flowDepth += 1;
    const value = read();
    this.#flowDepth -= 1;
    if (typeof value === 'object' && value !== null) this.#flows.add(value);
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
    if (anchor?.value === undefined) {
      this.#fail('YAML_MALFORMED', offset, 'an alias has no anchor before it, or stands inside its own');
    }
    return this.#copy(anchor.value, anchor.path, offset);
  }

  /** An alias is a copy: shared parts would be printed as aliases again. `from` is where the value was read. */
  #copy(value: JsonValue, from: Path, offset: number): JsonValue {
    this.#count(offset);
    if (isList(value) || isObject(value)) {
      return this.#inFlow(this.#flows.has(value), () => this.#copyParts(value, from, offset));
    }
    const readings = this.#readings.size === 0 ? undefined : this.#readings.get(pointer(from));
    if (readings !== undefined) return this.#settle(readings, offset);
    const quoted = typeof value === 'string' && value.includes('$') && this.quoted.has(pointer(from));
    if (quoted) this.quoted.add(pointer(this.#path));
    return value;
  }

  #copyParts(value: JsonObject | readonly JsonValue[], from: Path, offset: number): JsonValue {
    const part = (item: JsonValue, at: string | number): JsonValue => {
      return this.#within(at, () => this.#copy(item, [...from, at], offset));
    };
    if (isList(value)) return value.map(part);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, part(item, key)]));
  }

  #scalar(node: ScalarNode.Parsed): JsonValue {
    if (node.tag !== undefined && node.tag !== `${coreTag}str`) return this.#tagged(node, node.tag);
    const text = scalarText(node, this.#document);
    if (node.tag !== undefined || node.type !== 'PLAIN') return this.#text(node, text);
    if (text.startsWith('?') && this.#flowDepth > 0) {
      this.#fail('YAML_MALFORMED', node.range[0], 'expected quotes around text that begins with "?"');
    }
    return this.#plain(text, node.range[0]);
  }

  #text(node: ScalarNode.Parsed, text: string): JsonValue {
    if (node.type !== 'PLAIN' && text.includes('$')) this.quoted.add(pointer(this.#path));
    const folded = node.type === 'BLOCK_FOLDED' && this.#rules === 'source' && this.#form !== 'converted';
    const gains = this.#rules === 'source' && this.#form === 'none' && gainsLine(node, this.#document);
    const gained = gains ? '\n' : '';
    if (!folded) return text + gained;
    const block = reprintFolded(text) + gained;
    return this.#settle({ block, flow: text, annotation: text + gained }, node.range[0]);
  }

  #plain(text: string, offset: number): JsonValue {
    return this.#settle(readPlain(text, this.#rules, this.#form), offset);
  }

  /** The reading that holds at this place. */
  #settle(readings: PlainReadings, offset: number): JsonValue {
    if (this.#copied > 0) this.#readings.set(pointer(this.#path), readings);
    if (this.#isAnnotation()) return readings.annotation;
    const value = this.#flowDepth > 0 ? readings.flow : readings.block;
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.#fail('YAML_MALFORMED', offset, 'infinity and NaN have no place in an object');
    }
    return value;
  }

  #isAnnotation(): boolean {
    return this.#rules === 'source' && isAnnotationPlace(this.#path, this.#form);
  }

  #tagged(node: ScalarNode.Parsed, tag: string): JsonValue {
    const value = resolvePlain(node.source, this.#rules);
    if (!fitsTag(tag, value)) {
      this.#fail(
        'YAML_MALFORMED',
        node.range[0],
        `${tagName(tag)} is not supported, or does not fit its value`,
      );
    }
    if (this.#isAnnotation()) return node.source;
    return this.#settle({ block: value, flow: value, annotation: node.source }, node.range[0]);
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
        merged = this.#merged(pair.value, offset);
        continue;
      }
      const key = this.#key(pair.key, node.flow === true);
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

  #merged(node: ParsedNode | null, offset: number): JsonValue {
    const merged = this.#within('<<', () => this.#readCopied(() => this.read(node)));
    if (isAlias(node) && isList(merged)) {
      this.#fail('YAML_MALFORMED', offset, 'expected a map behind << and an alias, got a list');
    }
    return merged;
  }

  /** In braces YAML 1.1, so kustomize, takes `a:,` for text and YAML 1.2 for a key without a value. */
  #refuseBareColon(key: ParsedNode): void {
    const [, end] = key.range;
    if (!isScalar(key) || key.type !== 'PLAIN' || !/^:[,\]}]/.test(this.#document.text.slice(end, end + 2)))
      return;
    this.#fail('YAML_MALFORMED', end, 'expected a blank behind the colon of a key without a value');
  }

  #key(node: ParsedNode, inBraces: boolean): string {
    if (inBraces) this.#refuseBareColon(node);
    const value = this.read(node);
    if (this.#rules === 'source' && typeof value === 'string' && isDate(node, value)) {
      this.#fail('YAML_MALFORMED', node.range[0], 'expected a string as key, got a date; quote it');
    }
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

/** True for a key that was read as another text than it is written; behind an alias, for what looks like the result of that. */
function isDate(key: ParsedNode, value: string): boolean {
  if (isAlias(key)) return /^\d{4}-\d\d-\d\dT/.test(value);
  return isScalar(key) && key.type === 'PLAIN' && value !== key.source;
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
