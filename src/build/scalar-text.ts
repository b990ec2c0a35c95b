import type { Scalar } from 'yaml';
import { SealiftError } from '../core/index.ts';
import { placeOf, type YamlDocument } from './yaml-documents.ts';

const blanks = /^[ \t]+$/;

/** True when the last line of a block has no line break; a line of blanks counts only as far as it is part of the text. */
function endsOpen(source: string, last: string): boolean {
  if (last === '') return false;
  if (/[^ ]/.test(last)) return true;
  const [, text = ''] = /(?:^|\n)([ \t]+)\n$/.exec(source) ?? [];
  return text !== '' && last.endsWith(text);
}

/** Readers disagree whether lines of blanks are text where a number says how deep the text begins. */
function isAmbiguous(header: string, lines: readonly string[], behind: string): boolean {
  if (!/\d/.test(header)) return false;
  // Those at the end are no part of the node.
  return lines.some((line) => blanks.test(line)) || /^(?:[ \t]*\n)*[ \t]+(?:\n|$)/.test(behind);
}

/** What may stand behind the last value of a document: nothing but comments, at least one of them. */
const lastComments = /^(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*#[^\n]*(?:\n[ \t]*(?:#[^\n]*)?)*(?:\n(?:---|\.\.\.)|$)/;

/**
 * True where kustomize moves the comments at the end of a document one line away from the block before them, and that line is
 * then read as one of the block: it keeps its empty lines, and ends in one.
 */
export function gainsLine({ source, type, range }: Scalar.Parsed, { text }: YamlDocument): boolean {
  if ((type !== 'BLOCK_LITERAL' && type !== 'BLOCK_FOLDED') || !/(?:^|\n)\n$/.test(source)) return false;
  const header = text.slice(range[0], text.indexOf('\n', range[0]));
  return /^[|>]\d?\+/.test(header) && lastComments.test(text.slice(range[1]));
}

/**
 * The text of a scalar, as kustomize reads it: the last line of a file has a line break only where the file has one.
 * @throws SealiftError YAML_MALFORMED for blanks that readers disagree about.
 */
export function scalarText(node: Scalar.Parsed, document: YamlDocument): string {
  const { source, type, range } = node;
  if (type !== 'BLOCK_LITERAL' && type !== 'BLOCK_FOLDED') return source;
  const [header = '', ...lines] = document.text.slice(range[0], range[1]).split('\n');
  if (isAmbiguous(header, lines, document.text.slice(range[1]))) {
    const detail = 'expected no lines of blanks in a block whose indentation is given by a number';
    throw new SealiftError('YAML_MALFORMED', placeOf(document, range[0]), detail);
  }
  const endsFile = range[1] >= document.text.length;
  if (endsFile && /^\n+$/.test(source)) return '\n'.repeat(lines.length - 1);
  return endsFile && endsOpen(source, lines.at(-1) ?? '') ? source.replace(/\n$/, '') : source;
}
