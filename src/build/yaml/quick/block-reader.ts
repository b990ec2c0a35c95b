import type { YamlValue } from '../full/yaml-value.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';
import type { ScalarRules } from '../scalar.ts';
import type { BlockLines } from './block-lines.ts';
import { readFlowLine } from './flow-line.ts';
import { leaveToFullReader } from './irregular-yaml.ts';
import { readLiteral } from './literal-lines.ts';
import { beginsPlain, colonFrom, readPlainText } from './plain-lines.ts';
import { type QuotedText, readQuoted } from './quoted-lines.ts';
import { ReadingPlace } from './reading-place.ts';

const doubleQuote = 34;
const singleQuote = 39;
const bracket = 91;
const brace = 123;
const bar = 124;

/** The tokens of a dash and of the blank behind it, and one to spare. */
const tokensOfItem = 3;

/**
 * Reads documents in block style with nothing in them that needs a second look: no anchors, tags, folded blocks or keys that
 * are not plainly text. What the full reader would make of them is the measure; where that is not certain it is left to it.
 */
export class BlockReader {
  readonly #lines: BlockLines;
  readonly #place: ReadingPlace;

  constructor(lines: BlockLines, rules: ScalarRules) {
    this.#lines = lines;
    this.#place = new ReadingPlace(rules);
  }

  /** Reads a document from its first line with content on, up to the next one. */
  read(): YamlValue {
    const lines = this.#lines;
    const value = this.#collection();
    // What is further in or out than it may be belongs to no map or list, and ends all of them.
    if (lines.indent >= 0) leaveToFullReader();
    return { value, quoted: this.#place.takeQuoted() };
  }

  /** A map or list whose first line is the current one. */
  #collection(): JsonValue {
    return this.#lines.startsItem() ? this.#list() : this.#map();
  }

  #map(): JsonObject {
    const lines = this.#lines;
    const { indent } = lines;
    const map: Record<string, JsonValue> = {};
    do {
      const key = this.#key();
      if (Object.hasOwn(map, key)) leaveToFullReader();
      this.#place.enter(key);
      map[key] = lines.start === lines.end ? this.#below(indent, true) : this.#value(indent);
      this.#place.leave();
    } while (lines.indent === indent);
    return map;
  }

  #list(): JsonValue {
    const lines = this.#lines;
    const { indent } = lines;
    const list: JsonValue[] = [];
    do {
      this.#place.enter(list.length);
      list.push(this.#item(indent));
      this.#place.leave();
    } while (lines.indent === indent && lines.startsItem());
    return list;
  }

  #item(indent: number): JsonValue {
    const lines = this.#lines;
    const dash = lines.start;
    lines.spend(tokensOfItem);
    lines.moveTo(dash + 1);
    if (lines.start === lines.end) return this.#below(indent, false);
    if (!lines.startsItem() && !this.#startsEntry()) return this.#value(indent);
    lines.indent = indent + lines.start - dash;
    return this.#collection();
  }

  /** What stands on the lines below a key or a dash, if anything. */
  #below(indent: number, isKey: boolean): JsonValue {
    const lines = this.#lines;
    lines.next();
    if (lines.indent > indent) return this.#collection();
    // A list may begin right below its key.
    if (isKey && lines.indent === indent && lines.startsItem()) return this.#list();
    return this.#place.plain('');
  }

  #startsEntry(): boolean {
    const lines = this.#lines;
    if (this.#startsQuote()) return this.#entryQuote() !== undefined;
    return beginsPlain(lines) && colonFrom(lines, lines.start) >= 0;
  }

  #startsQuote(): boolean {
    const next = this.#next();
    return next === doubleQuote || next === singleQuote;
  }

  #next(): number | undefined {
    return this.#lines.codes[this.#lines.start];
  }

  /** The quoted key of this line, when a colon follows it. */
  #entryQuote(): QuotedText | undefined {
    const lines = this.#lines;
    const { end } = lines;
    const quoted = readQuoted(lines, lines.indent);
    if (lines.end !== end) leaveToFullReader();
    const { behind } = quoted;
    return lines.text.charAt(behind) === ':' && lines.isBlankOrEnd(behind + 1) ? quoted : undefined;
  }

  /** The key of this line; the cursor moves behind its colon. */
  #key(): string {
    const lines = this.#lines;
    if (this.#startsQuote()) {
      const { text, behind } = this.#entryQuote() ?? leaveToFullReader();
      lines.moveTo(behind + 1);
      return this.#place.quotedKey(text);
    }
    const colon = beginsPlain(lines) ? colonFrom(lines, lines.start) : -1;
    if (colon < 0) leaveToFullReader();
    const key = this.#place.plainKey(lines.text.slice(lines.start, colon));
    lines.moveTo(colon + 1);
    return key;
  }

  /** The value that begins in this line, behind the key or dash in the column `parent`. */
  #value(parent: number): JsonValue {
    const lines = this.#lines;
    if (beginsPlain(lines)) return this.#place.plain(readPlainText(lines, parent));
    if (this.#startsQuote()) return this.#quote(parent);
    const next = this.#next();
    if (next === bar) return this.#place.text(readLiteral(lines, parent));
    if (next === bracket || next === brace) return readFlowLine(lines, this.#place);
    return leaveToFullReader();
  }

  #quote(parent: number): JsonValue {
    const lines = this.#lines;
    const { text, behind } = readQuoted(lines, parent);
    lines.requireEnd(behind);
    lines.next();
    return this.#place.text(text);
  }
}
