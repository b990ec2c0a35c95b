import type { JsonValue } from '../json-value.ts';
import type { BlockLines } from './block-lines.ts';
import { leaveToFullReader } from './irregular-yaml.ts';
import { readQuoted } from './quoted-lines.ts';
import type { ReadingPlace } from './reading-place.ts';

/** Text that means the same inside braces and outside, whatever follows it. */
const simpleText = /[\w./][\w./@+-]*/y;

/** The most tokens that the full reader would find in a character. */
const tokensOfCharacter = 2;

/** Reads a map or list in braces or brackets that begins and ends in one line and holds simple text and quotes. */
class FlowLine {
  readonly #lines: BlockLines;
  readonly #place: ReadingPlace;

  constructor(lines: BlockLines, place: ReadingPlace) {
    this.#lines = lines;
    this.#place = place;
  }

  collection(): JsonValue {
    const isList = this.#next() === '[';
    this.#skip();
    return isList ? this.#list() : this.#map();
  }

  #list(): JsonValue {
    const list: JsonValue[] = [];
    for (let more = !this.#closes(']'); more; more = this.#separates(']')) {
      this.#place.enter(list.length);
      list.push(this.#value());
      this.#place.leave();
    }
    return list;
  }

  #map(): JsonValue {
    const map: Record<string, JsonValue> = {};
    for (let more = !this.#closes('}'); more; more = this.#separates('}')) {
      const key = this.#key();
      if (Object.hasOwn(map, key)) leaveToFullReader();
      this.#place.enter(key);
      map[key] = this.#value();
      this.#place.leave();
    }
    return map;
  }

  #next(): string {
    return this.#lines.text.charAt(this.#lines.start);
  }

  /** Goes past one character, and the blanks behind it. */
  #skip(): void {
    this.#lines.moveTo(this.#lines.start + 1);
  }

  #closes(bracket: string): boolean {
    if (this.#next() !== bracket) return false;
    this.#skip();
    return true;
  }

  /** True behind a comma that something follows. */
  #separates(bracket: string): boolean {
    if (this.#closes(bracket)) return false;
    if (this.#next() !== ',') leaveToFullReader();
    this.#skip();
    return this.#next() === bracket ? leaveToFullReader() : true;
  }

  #key(): string {
    const key = this.#startsQuote()
      ? this.#place.quotedKey(this.#quote())
      : this.#place.plainKey(this.#simple());
    const colon = this.#lines.start;
    if (this.#next() !== ':' || !this.#lines.isBlankOrEnd(colon + 1)) leaveToFullReader();
    this.#skip();
    return key;
  }

  #value(): JsonValue {
    const next = this.#next();
    if (next === '[' || next === '{') return this.collection();
    const isQuoted = this.#startsQuote();
    const value = isQuoted ? this.#place.text(this.#quote()) : this.#place.plainInFlow(this.#simple());
    this.#lines.moveTo(this.#lines.start);
    return value;
  }

  #startsQuote(): boolean {
    return this.#next() === '"' || this.#next() === "'";
  }

  #quote(): string {
    const { end, indent } = this.#lines;
    const { text, behind } = readQuoted(this.#lines, indent);
    if (this.#lines.end !== end) leaveToFullReader();
    this.#lines.start = behind;
    return text;
  }

  #simple(): string {
    simpleText.lastIndex = this.#lines.start;
    const [text] = simpleText.exec(this.#lines.text) ?? leaveToFullReader();
    this.#lines.start += text.length;
    return text;
  }
}

/**
 * The map or list whose brace or bracket is the content of this line. The cursor is then on the next line.
 * https://yaml.org/spec/1.2.2/#74-flow-collection-styles
 */
export function readFlowLine(lines: BlockLines, place: ReadingPlace): JsonValue {
  lines.spend((lines.end - lines.start) * tokensOfCharacter);
  const value = new FlowLine(lines, place).collection();
  lines.requireEnd(lines.start);
  lines.next();
  return value;
}
