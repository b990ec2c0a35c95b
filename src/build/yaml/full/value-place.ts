import { isAnnotationPlace } from '../annotation-place.ts';
import { type JsonValue, type Path, pointer } from '../json-value.ts';
import type { ListForm } from '../list-form.ts';
import type { PlainReadings } from '../plain-readings.ts';
import type { Scalar, ScalarRules } from '../scalar.ts';

/** Where in a document the full reader is, and what it remembers of places that may be copied to others. */
export class ValuePlace {
  /** Pointers of the strings that were written in quotes or as a block, and hold a `$`. */
  readonly quoted = new Set<string>();
  readonly #rules: ScalarRules;
  readonly #form: ListForm;
  readonly #path: (string | number)[] = [];
  /** Readings of plain scalars that may be copied to another place, by pointer. */
  readonly #readings = new Map<string, PlainReadings>();
  /** Maps and lists that were written in braces and brackets. */
  readonly #flows = new WeakSet<object>();
  /** Of all pointers in `quoted`. */
  quotedCharacters = 0;
  #flowDepth = 0;
  /** Nodes around the current one that may be copied. */
  #copied = 0;

  constructor(rules: ScalarRules, form: ListForm) {
    this.#rules = rules;
    this.#form = form;
  }

  get path(): Path {
    return [...this.#path];
  }

  get isInFlow(): boolean {
    return this.#flowDepth > 0;
  }

  get isAnnotation(): boolean {
    return this.#rules === 'source' && isAnnotationPlace(this.#path, this.#form);
  }

  within(part: string | number, read: () => JsonValue): JsonValue {
    this.#path.push(part);
    const value = read();
    this.#path.pop();
    return value;
  }

  inFlow(flow: boolean, read: () => JsonValue): JsonValue {
    if (!flow) return read();
    this.#flowDepth += 1;
    const value = read();
    this.#flowDepth -= 1;
    if (typeof value === 'object' && value !== null) this.#flows.add(value);
    return value;
  }

  wasFlow(value: object): boolean {
    return this.#flows.has(value);
  }

  /** Reads what aliases and merges may copy to places where it stands for something else. */
  copied(read: () => JsonValue): JsonValue {
    this.#copied += 1;
    const value = read();
    this.#copied -= 1;
    return value;
  }

  /** The reading that holds at this place. */
  settle(readings: PlainReadings): Scalar {
    if (this.#copied > 0) this.#readings.set(pointer(this.#path), readings);
    if (this.isAnnotation) return readings.annotation;
    return this.#flowDepth > 0 ? readings.flow : readings.block;
  }

  /** How the plain scalar at another place was read, if it may be copied. */
  readingsAt(from: Path): PlainReadings | undefined {
    return this.#readings.size === 0 ? undefined : this.#readings.get(pointer(from));
  }

  noteQuoted(): void {
    const place = pointer(this.#path);
    this.quotedCharacters += place.length;
    this.quoted.add(place);
  }

  /** A copy of quoted text counts as quoted too. */
  copyQuoted(text: string, from: Path): void {
    if (text.includes('$') && this.quoted.has(pointer(from))) this.noteQuoted();
  }
}
