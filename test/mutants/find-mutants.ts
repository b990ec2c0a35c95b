import { type Expression, parseSync, type Span } from '@swc/core';

/** One check taken out of a source. Offsets are bytes of the source. */
export interface Mutant {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly replacement: string;
  /** For the report: what stood there. */
  readonly original: string;
}

/**
 * Every check of a source, taken out once: a condition that guards something never holds, and one half of each `&&` and `||` is left away.
 * Types and constants are left alone: what they break, the compiler says.
 */
export function findMutants(source: string): readonly Mutant[] {
  const bytes = Buffer.from(source);
  const module = parseSync(source, { syntax: 'typescript', target: 'es2024' });
  // swc counts on through all that it parses in one process, and from the first token on.
  const start = module.span.start - offsetOfFirstToken(source);
  const text = (from: number, to: number): string => bytes.subarray(from, to).toString();
  const found: Mutant[] = [];
  visit(module, (node) => {
    for (const { span, replacement } of takenOut(node)) {
      const [from, to] = [span.start - start, span.end - start];
      const kept =
        typeof replacement === 'string'
          ? replacement
          : `(${text(replacement.start - start, replacement.end - start)})`;
      const line = text(0, from).split('\n').length;
      found.push({ line, from, to, replacement: kept, original: text(from, to) });
    }
  });
  return found;
}

interface TakenOut {
  readonly span: Span;
  /** The text, or the part of the source, that stands there instead. */
  readonly replacement: string | Span;
}

function takenOut(node: Node): readonly TakenOut[] {
  if (node.type === 'IfStatement' || node.type === 'ConditionalExpression') {
    return [{ span: spanOf(node.test as Expression), replacement: 'false' }];
  }
  if (node.type !== 'BinaryExpression' || (node.operator !== '&&' && node.operator !== '||')) return [];
  return ([node.left, node.right] as Expression[]).map((half) => ({
    span: node.span as Span,
    replacement: spanOf(half),
  }));
}

function spanOf(node: Expression): Span {
  if (!('span' in node)) throw new TypeError(`expected a span, got none in ${node.type}`);
  return node.span;
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
