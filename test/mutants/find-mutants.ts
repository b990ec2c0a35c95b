import { type Expression, parseSync, type Span } from '@swc/core';

/** One check taken out of a source. */
export interface Mutant {
  readonly line: number;
  /** For the report: what stands there, and what stands there instead. */
  readonly original: string;
  readonly replacement: string;
}

/** A source with all its mutants in it, asleep: each awakes when `globalThis.sealiftMutant` is true of its number. */
export interface Switched {
  readonly source: string;
  readonly mutants: readonly Mutant[];
}

/**
 * Every check of a source, taken out once: a condition that guards something never holds, and one half of each `&&` and `||` is left away.
 * Types and constants are left alone: what they break, the compiler says. So is `...(x === undefined ? {} : { x })`, which leaves a field
 * out that would be undefined otherwise, and which nobody tells from that. Numbers count from `first`.
 */
export function switchMutants(source: string, first: number): Switched {
  const bytes = Buffer.from(source);
  const module = parseSync(source, { syntax: 'typescript', target: 'es2024' });
  // swc counts on through all that it parses in one process, and from the first token on.
  const start = module.span.start - offsetOfFirstToken(source);
  const text = (span: Span): string => bytes.subarray(span.start - start, span.end - start).toString();
  const insertions = new Insertions();
  const mutants: Mutant[] = [];
  const left = new Set<unknown>();
  visit(module, (node) => {
    if (node.type === 'SpreadElement') left.add(absentField(node.arguments as Node));
    if (!left.has(node)) takeOut(node);
  });
  return { source: insertions.into(bytes, start), mutants };

  function takeOut(node: Node): void {
    const taken = takenOut(node);
    if (taken.length > 1) insertions.around(spanOf(node), '(', ')');
    for (const { whole, switched, asleep, kept } of taken) {
      const awake = `globalThis.sealiftMutant?.(${first + mutants.length})`;
      insertions.around(switched, `(${awake} ? ${asleep} : (`, '))');
      const line = bytes
        .subarray(0, whole.start - start)
        .toString()
        .split('\n').length;
      const replacement = kept === undefined ? asleep : `(${text(kept)})`;
      mutants.push({ line, original: text(whole), replacement });
    }
  }
}

interface TakenOut {
  readonly whole: Span;
  /** The part that gives way. */
  readonly switched: Span;
  readonly asleep: 'true' | 'false';
  /** What is left of the whole. */
  readonly kept?: Span;
}

function takenOut(node: Node): readonly TakenOut[] {
  if (node.type === 'IfStatement' || node.type === 'ConditionalExpression') {
    const test = spanOf(node.test as Expression);
    return [{ whole: test, switched: test, asleep: 'false' }];
  }
  if (node.type !== 'BinaryExpression' || (node.operator !== '&&' && node.operator !== '||')) return [];
  const whole = spanOf(node);
  const [left, right] = [spanOf(node.left as Expression), spanOf(node.right as Expression)];
  const asleep = node.operator === '&&' ? 'true' : 'false';
  return [
    { whole, switched: right, asleep, kept: left },
    { whole, switched: left, asleep, kept: right },
  ];
}

/** The condition of `...(x === undefined ? {} : { x })`. */
function absentField(spread: Node): Node | undefined {
  const node = spread.type === 'ParenthesisExpression' ? (spread.expression as Node) : spread;
  if (node.type !== 'ConditionalExpression') return undefined;
  const [test, consequent] = [node.test as Node, node.consequent as Node];
  const isAbsent = test.operator === '===' && (test.right as Node).value === 'undefined';
  return isAbsent && (consequent.properties as readonly unknown[] | undefined)?.length === 0
    ? node
    : undefined;
}

function spanOf(node: object): Span {
  if (!('span' in node)) throw new TypeError('expected a span, got none');
  return node.span as Span;
}

/** Text to be put around parts of a source that lie within one another. Whoever comes first is outside. */
class Insertions {
  readonly #before = new Map<number, string>();
  readonly #behind = new Map<number, string>();

  around({ start, end }: Span, opening: string, closing: string): void {
    this.#before.set(start, (this.#before.get(start) ?? '') + opening);
    this.#behind.set(end, closing + (this.#behind.get(end) ?? ''));
  }

  into(bytes: Buffer, start: number): string {
    const places = [...new Set([...this.#before.keys(), ...this.#behind.keys()])].sort((a, b) => a - b);
    let done = 0;
    let text = '';
    for (const place of places) {
      text += bytes.subarray(done, place - start).toString();
      text += (this.#behind.get(place) ?? '') + (this.#before.get(place) ?? '');
      done = place - start;
    }
    return text + bytes.subarray(done).toString();
  }
}

function offsetOfFirstToken(source: string): number {
  const match = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(source);
  return Buffer.byteLength(match?.[0] ?? '');
}

type Node = Readonly<Record<string, unknown>>;

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const each of value) visit(each, see);
  } else if (typeof value === 'object' && value !== null) {
    see(value as Node);
    for (const each of Object.values(value)) visit(each, see);
  }
}
