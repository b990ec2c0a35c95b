import type { BlockLines } from './block-lines.ts';
import { leaveToFullReader } from './irregular-yaml.ts';

const backslash = 92;

/** https://yaml.org/spec/1.2.2/#57-escaped-characters */
const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
};

const escapePattern = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.?))/gs;

function withoutEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(escapePattern, (_all, two?: string, four?: string, one?: string) => {
    const code = two ?? four;
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return escapes[one ?? ''] ?? leaveToFullReader();
  });
}

/** The quote that ends the text behind the quote at `from`. */
function closingQuote(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from + 1);
  while (at >= 0) {
    if (quote === "'") {
      if (text[at + 1] !== quote) return at;
      at += 1;
    } else if (!isEscaped(text, at)) return at;
    at = text.indexOf(quote, at + 1);
  }
  return leaveToFullReader();
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) first -= 1;
  return (at - first) % 2 === 1;
}

/** Lines of quoted text as one (https://yaml.org/spec/1.2.2/#65-line-folding); each is further in than `parent`. */
function fold(source: string, parent: number): string {
  const lines = source.split('\n');
  const [first = '', ...others] = lines;
  let text = first.trimEnd();
  let blanks = 0;
  for (const [index, line] of others.entries()) {
    const begun = line.trimStart();
    const isLast = index === others.length - 1;
    if (begun === '' && !isLast) {
      blanks += 1;
      continue;
    }
    if (line.length - begun.length <= parent) leaveToFullReader();
    text += (blanks === 0 ? ' ' : '\n'.repeat(blanks)) + (isLast ? begun : begun.trimEnd());
    blanks = 0;
  }
  return text;
}

/** Where a break is escaped, or a blank before it, or blanks are not just blanks, the full reader folds. */
const oddFold = /\\ *\n|[^\S \n]/;

function unquote(source: string, quote: string, parent: number): string {
  const isFolded = source.includes('\n');
  if (isFolded && oddFold.test(source)) leaveToFullReader();
  const text = isFolded ? fold(source, parent) : source;
  return quote === '"' ? withoutEscapes(text) : text.replaceAll("''", "'");
}

export interface QuotedText {
  readonly text: string;
  /** Offset behind the closing quote. */
  readonly behind: number;
}

/**
 * Quoted text that begins at the content of this line. The cursor is then on the line where it ends.
 * https://yaml.org/spec/1.2.2/#73-flow-scalar-styles
 */
export function readQuoted(lines: BlockLines, parent: number): QuotedText {
  const { text, start } = lines;
  const quote = text.charAt(start);
  const close = closingQuote(text, start, quote);
  const source = text.slice(start + 1, close);
  if (close > lines.end) lines.continueIn(close);
  return { text: unquote(source, quote, parent), behind: close + 1 };
}
