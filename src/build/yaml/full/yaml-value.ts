import type { Alias, ParsedNode, Scalar as ScalarNode, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { ErrorCode } from '../../../core/index.ts';
import { SealiftError } from '../../../core/index.ts';
import { isList, isObject, type JsonObject, type JsonValue, type Path } from '../json-value.ts';
import { type ListForm, listFormOf } from '../list-form.ts';
import { type PlainReadings, readPlain } from '../plain-readings.ts';
import { resolvePlain, type ScalarRules } from '../scalar.ts';
import { coreTag, taggedValue, tagName } from './core-tags.ts';
import { reprintFolded } from './folded.ts';
import { hasBareColon, isMergeKey, mapKeyOf } from './map-key.ts';
import { gainsLine, scalarText } from './scalar-text.ts';
import { ValueLimits } from './value-limits.ts';
import { ValuePlace } from './value-place.ts';
import { placeOf, type YamlDocument } from './yaml-documents.ts';

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
  readonly #document: YamlDocument;
  readonly #rules: ScalarRules;
  readonly #anchors = new Map<string, Anchor>();
  readonly #form: ListForm;
  readonly #place: ValuePlace;
  readonly #limits = new ValueLimits((offset, detail) => this.#fail('YAML_LIMIT_EXCEEDED', offset, detail));

  constructor(document: YamlDocument, rules: ScalarRules) {
    this.#document = document;
    this.#rules = rules;
    this.#form = listFormOf(document, rules);
    this.#place = new ValuePlace(rules, this.#form);
  }

  get quoted(): ReadonlySet<string> {
    return this.#place.quoted;
  }

  read(node: ParsedNode | null): JsonValue {
    if (node === null) return this.#plain('', 0);
    if (isAlias(node)) return this.#alias(node.source, node.range[0]);
    this.#limits.value(node.range[0]);
    if (node.anchor === undefined) return this.#node(node);
    return this.#anchored(node, node.anchor);
  }

  /** An anchor counts from where it is written, so one inside with the same name comes after it. */
  #anchored(node: Exclude<ParsedNode, Alias.Parsed>, name: string): JsonValue {
    const anchor: Anchor = { path: this.#place.path };
    this.#anchors.set(name, anchor);
    const value = this.#place.copied(() => this.#node(node));
    anchor.value = value;
    return value;
  }

  #node(node: Exclude<ParsedNode, Alias.Parsed>): JsonValue {
    return isScalar(node)
      ? this.#scalar(node)
      : this.#place.inFlow(node.flow === true, () => this.#collection(node));
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

  #alias(name: string, offset: number): JsonValue {
    this.#limits.alias(offset);
    const anchor = this.#anchors.get(name);
    if (anchor?.value === undefined) {
      this.#fail('YAML_MALFORMED', offset, 'an alias has no anchor before it, or stands inside its own');
    }
    return this.#copy(anchor.value, anchor.path, offset);
  }

  /** An alias is a copy: shared parts would be printed as aliases again. `from` is where the value was read. */
  #copy(value: JsonValue, from: Path, offset: number): JsonValue {
    this.#limits.value(offset);
    if (isList(value) || isObject(value)) {
      return this.#place.inFlow(this.#place.wasFlow(value), () => this.#copyParts(value, from, offset));
    }
    const readings = this.#place.readingsAt(from);
    if (readings !== undefined) return this.#settle(readings, offset);
    if (typeof value === 'string') this.#place.copyQuoted(value, from);
    this.#limits.places(this.#place.quotedCharacters, offset);
    return value;
  }

  #copyParts(value: JsonObject | readonly JsonValue[], from: Path, offset: number): JsonValue {
    const part = (item: JsonValue, at: string | number): JsonValue => {
      return this.#place.within(at, () => this.#copy(item, [...from, at], offset));
    };
    if (isList(value)) return value.map(part);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, part(item, key)]));
  }

  #scalar(node: ScalarNode.Parsed): JsonValue {
    if (node.tag !== undefined && node.tag !== `${coreTag}str`) return this.#tagged(node, node.tag);
    const text = scalarText(node, this.#document);
    if (node.tag !== undefined || node.type !== 'PLAIN') return this.#text(node, text);
    if (text.startsWith('?') && this.#place.isInFlow) {
      this.#fail('YAML_MALFORMED', node.range[0], 'expected quotes around text that begins with "?"');
    }
    return this.#plain(text, node.range[0]);
  }

  #text(node: ScalarNode.Parsed, text: string): JsonValue {
    if (node.type !== 'PLAIN' && text.includes('$')) this.#place.noteQuoted();
    this.#limits.places(this.#place.quotedCharacters, node.range[0]);
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

  #settle(readings: PlainReadings, offset: number): JsonValue {
    const value = this.#place.settle(readings);
    if (typeof value === 'number' && !Number.isFinite(value)) {
      this.#fail('YAML_MALFORMED', offset, 'infinity and NaN have no place in an object');
    }
    return value;
  }

  #tagged(node: ScalarNode.Parsed, tag: string): JsonValue {
    const value = taggedValue(tag, resolvePlain(node.source, this.#rules));
    if (value === undefined) {
      this.#fail(
        'YAML_MALFORMED',
        node.range[0],
        `${tagName(tag)} is not supported, or does not fit its value`,
      );
    }
    if (this.#place.isAnnotation) return node.source;
    return this.#settle({ block: value, flow: value, annotation: node.source }, node.range[0]);
  }

  #list(node: YAMLSeq.Parsed): JsonValue {
    return node.items.map((item, index) => this.#place.within(index, () => this.read(item)));
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
        this.#place.within(key, () => this.read(pair.value)),
      );
    }
    if (merged !== undefined) this.#merge(entries, merged, node.range[0]);
    // fromEntries defines own properties, `__proto__` among them.
    return Object.fromEntries(entries);
  }

  #merged(node: ParsedNode | null, offset: number): JsonValue {
    const merged = this.#place.within('<<', () => this.#place.copied(() => this.read(node)));
    if (isAlias(node) && isList(merged)) {
      this.#fail('YAML_MALFORMED', offset, 'expected a map behind << and an alias, got a list');
    }
    return merged;
  }

  #key(node: ParsedNode, inBraces: boolean): string {
    if (inBraces && hasBareColon(node, this.#document.text)) {
      this.#fail(
        'YAML_MALFORMED',
        node.range[1],
        'expected a blank behind the colon of a key without a value',
      );
    }
    const found = mapKeyOf(node, this.read(node), this.#rules);
    return 'key' in found ? found.key : this.#fail('YAML_MALFORMED', node.range[0], found.fault);
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
      const from = [...this.#place.path, ...at, key];
      entries.set(
        key,
        this.#place.within(key, () => this.#copy(value, from, offset)),
      );
    }
  }
}

/**
 * The value of a document: anchors and merge keys resolved, duplicate keys refused, numbers exact.
 * @throws SealiftError YAML_MALFORMED, YAML_LIMIT_EXCEEDED, naming file and line.
 */
export function readYamlValue(document: YamlDocument, rules: ScalarRules): YamlValue {
  const reader = new ValueReader(document, rules);
  return { value: reader.read(document.contents), quoted: reader.quoted };
}
