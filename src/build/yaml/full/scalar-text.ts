import type { Scalar } from 'yaml';
import { SealiftError } from '../../../core/index.ts';
import { placeOf, type YamlDocument } from './yaml-documents.ts';

const blanks = /^[ \t]+$/;

/** True when the last line of a block has no line break; a line of blanks counts only as far as it is part of the text. */
function endsOpen(source: string, last: string): boolean {
  if (last === '') return false;
  if (/[^ ]/.test(last)) return true;
  const [, text = ''] = /(?:^|\n)([ \t]+)\n$/.exec(source) ?? [];
  return text !== '' && last.endsWith(text);
}

interface Line {
  /** Blanks before its first character, which is `mark`; none in an empty line. */
  readonly column: number;
  readonly mark: string;
}

/** A line of blanks, or the blanks before the first character of one. */
const lineBegin = /([ \t]*)([^\n]?)/y;

/** The lines of a document from there on. */
function* linesFrom(text: string, from: number): Generator<Line> {
  for (let begin = from; begin < text.length; ) {
    if (/^(?:---|\.\.\.)/.test(text.slice(begin, begin + 3))) return;
    lineBegin.lastIndex = begin;
    const [, indent = '', mark = ''] = lineBegin.exec(text) ?? [];
    yield { column: indent.length, mark };
    const end = text.indexOf('\n', begin);
    begin = end < 0 ? text.length : end + 1;
  }
}

/** Readers disagree whether lines of blanks are text where a number says how deep the text begins. */
function isAmbiguous(header: string, lines: readonly string[], behind: Iterable<Line>): boolean {
  if (!/\d/.test(header)) return false;
  if (lines.some((line) => blanks.test(line))) return true;
  // Those at the end are no part of the node.
  for (const { column, mark } of behind) {
    if (mark !== '') return false;
    if (column > 0) return true;
  }
  return false;
}

/** Column of the key or dash that a block belongs to, by the line that its mark is in. */
function ownerColumn(text: string, mark: number): number {
  const line = text.slice(text.lastIndexOf('\n', mark) + 1, mark);
  const [dashes = ''] = /^ *(?:- +)*/.exec(line) ?? [];
  return dashes.length < line.length ? dashes.length : Math.max(line.lastIndexOf('-'), 0);
}

/** Of the comments that end a document: the column of the first, and the least of those after it. None when something else ends it. */
function endComments(text: string, from: number): readonly [number, number] | undefined {
  let first: number | undefined;
  let least = Infinity;
  for (const { column, mark } of linesFrom(text, from)) {
    if (mark === '') continue;
    if (mark !== '#') return undefined;
    if (first === undefined) first = column;
    else least = Math.min(least, column);
  }
  return first === undefined ? undefined : [first, least];
}

/**
 * True where kustomize moves the comments at the end of a document one line away from the block before them, and that line is
 * then read as one of the block: it keeps its empty lines, and ends in one.
 */
export function gainsLine({ source, type, range }: Scalar.Parsed, { text }: YamlDocument): boolean {
  if ((type !== 'BLOCK_LITERAL' && type !== 'BLOCK_FOLDED') || !/(?:^|\n)\n$/.test(source)) return false;
  const header = text.slice(range[0], text.indexOf('\n', range[0]));
  const columns = /^[|>]\d?\+/.test(header) ? endComments(text, range[1]) : undefined;
  if (columns === undefined) return false;
  // The first of several may belong to what is around the block, and not to the end of the document.
  const [first, others] = columns;
  return first > ownerColumn(text, range[0]) || others >= first;
}

/**
 * The text of a scalar, as kustomize reads it: the last line of a file has a line break only where the file has one.
 * @throws SealiftError YAML_MALFORMED for blanks that readers disagree about.
 */
export function scalarText(node: Scalar.Parsed, document: YamlDocument): string {
  const { source, type, range } = node;
  if (type !== 'BLOCK_LITERAL' && type !== 'BLOCK_FOLDED') return source;
  const [header = '', ...lines] = document.text.slice(range[0], range[1]).split('\n');
  if (isAmbiguous(header, lines, linesFrom(document.text, range[1]))) {
    const detail = 'expected no lines of blanks in a block whose indentation is given by a number';
    throw new SealiftError('YAML_MALFORMED', placeOf(document, range[0]), detail);
  }
  const endsFile = range[1] >= document.text.length;
  if (endsFile && /^\n+$/.test(source)) return '\n'.repeat(lines.length - 1);
  return endsFile && endsOpen(source, lines.at(-1) ?? '') ? source.replace(/\n$/, '') : source;
}
