import { isAnnotationPlace } from '../annotation-place.ts';
import { type JsonValue, pointer } from '../json-value.ts';
import { readPlain } from '../plain-readings.ts';
import { resolvePlain, type ScalarRules } from '../scalar.ts';
import { maxQuotedCharacters, maxYamlDepth } from '../yaml-limits.ts';
import { leaveToFullReader } from './irregular-yaml.ts';

/** The full reader refuses longer ones: https://yaml.org/spec/1.2.2/#742-flow-mappings */
const maxKeyLength = 1000;

/** Blanks that are no part of a key, and comments. */
const unclearKey = /\s#|\s$|\t/;

function isInfinite(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value);
}

/** Where in a document the quick reader is, and what scalars stand for there. */
export class ReadingPlace {
  readonly #rules: ScalarRules;
  readonly #path: (string | number)[] = [];
  /** Keys that were found to be text. */
  readonly #keys = new Set<string>();
  #quoted = new Set<string>();
  #quotedCharacters = 0;

  constructor(rules: ScalarRules) {
    this.#rules = rules;
  }

  enter(part: string | number): void {
    // The full reader counts the document too, and the scalar inside.
    if (this.#path.length > maxYamlDepth - 3) leaveToFullReader();
    this.#path.push(part);
  }

  leave(): void {
    this.#path.pop();
  }

  /** Pointers of the strings since the last call that were in quotes or a block, and hold a `$`. */
  takeQuoted(): ReadonlySet<string> {
    const quoted = this.#quoted;
    this.#quoted = new Set();
    this.#quotedCharacters = 0;
    return quoted;
  }

  /** The value of text in quotes or in a block. */
  text(text: string): string {
    if (text.includes('$')) this.#noteQuoted();
    return text;
  }

  /** The value of text without quotes. */
  plain(text: string): JsonValue {
    if (this.#isAnnotation()) return text;
    const value = resolvePlain(text, this.#rules);
    return isInfinite(value) ? leaveToFullReader() : value;
  }

  /** The same inside braces or brackets. */
  plainInFlow(text: string): JsonValue {
    if (this.#isAnnotation()) return text;
    const { flow } = readPlain(text, this.#rules, 'none');
    return isInfinite(flow) ? leaveToFullReader() : flow;
  }

  quotedKey(key: string): string {
    // An assignment would not define the first, and a variable may stand in a key too.
    const isOdd = key === '__proto__' || key.includes('$') || key.length > maxKeyLength;
    return isOdd ? leaveToFullReader() : key;
  }

  plainKey(key: string): string {
    if (this.#keys.has(key)) return key;
    this.quotedKey(key);
    const value = resolvePlain(key, this.#rules);
    const isText = this.#rules === 'source' ? value === key : value !== null && !isInfinite(value);
    if (!isText || key === '<<' || unclearKey.test(key)) leaveToFullReader();
    this.#keys.add(key);
    return key;
  }

  #noteQuoted(): void {
    const place = pointer(this.#path);
    this.#quotedCharacters += place.length;
    if (this.#quotedCharacters > maxQuotedCharacters) leaveToFullReader();
    this.#quoted.add(place);
  }

  #isAnnotation(): boolean {
    const isDeepEnough = this.#path.length === 3 && this.#rules === 'source';
    return isDeepEnough && isAnnotationPlace(this.#path, 'none');
  }
}
