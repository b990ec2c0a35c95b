import { shortFloat } from './go-text.ts';
import { readsAsText } from './read-yaml.ts';
import type { SopsComment, SopsLeaf } from './sops-tree.ts';

/** Columns by which SOPS indents. */
export const yamlIndent = 4;

const oldBooleans = /^(y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/;
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** What go-yaml writes only as an escape: all but line feeds and what the first plane of Unicode prints. */
const special =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff\ufeff\ufffe\uffff]/;

const lineBreak = /[\n\r\u0085\u2028\u2029]/;
const indicatorFirst = /^(?:[#,[\]{}&*!|>'"%@`]|[?:-](?:[\s]|$)|---|\.\.\.)/;
const indicatorInside = /:(?:\s|$)|\s#/;
const edgeSpace = /^[ \n]|[ \n]$/;

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escapeOf(character: string): string {
  const known = escapes[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  const [letter, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
  return `\\${letter}${code.toString(16).toUpperCase().padStart(width, '0')}`;
}

function doubleQuoted(text: string): string {
  const escaped = [...text].map((character) => {
    const plain = !special.test(character) && !lineBreak.test(character) && !/["\\\t]/.test(character);
    return plain ? character : escapeOf(character);
  });
  return `"${escaped.join('')}"`;
}

function oneLine(text: string): string {
  // As go-yaml has it.
  if (text === '<<') return '!!merge <<';
  const asItself = readsAsText(text) && !oldBooleans.test(text) && !base60.test(text);
  if (!asItself || special.test(text) || text.includes('\t')) return doubleQuoted(text);
  const plain = !indicatorFirst.test(text) && !indicatorInside.test(text) && !edgeSpace.test(text);
  return plain ? text : `'${text.replaceAll("'", "''")}'`;
}

/** Characters that a block cannot show: those that need an escape, and spaces before the end of a line. */
function fitsBlock(text: string): boolean {
  return !special.test(text) && !/ (?:[\n\u0085\u2028\u2029]|$)/.test(text);
}

function blockHints(text: string): string {
  const indent = /^[ \n]/.test(text) ? String(yamlIndent) : '';
  if (!text.endsWith('\n')) return `${indent}-`;
  return text === '\n' || text.endsWith('\n\n') ? `${indent}+` : indent;
}

function literal(text: string, column: number): string {
  const pad = ' '.repeat(column);
  const lines = text.replace(/\n$/, '').split('\n');
  const body = lines.map((line) => (line === '' ? '' : pad + line)).join('\n');
  return `|${blockHints(text)}\n${body}`;
}

function textScalar(text: string, column: number): string {
  if (text.includes('\n')) return fitsBlock(text) ? literal(text, column) : doubleQuoted(text);
  return lineBreak.test(text) ? doubleQuoted(text) : oneLine(text);
}

/** A key, on one line. */
export function yamlKey(key: string): string {
  return lineBreak.test(key) ? doubleQuoted(key) : oneLine(key);
}

/** A value as go-yaml writes it; `column` is where the lines of a block begin. */
export function yamlScalar(leaf: Exclude<SopsLeaf, SopsComment>, column: number): string {
  if (typeof leaf === 'string') return textScalar(leaf, column);
  if (typeof leaf !== 'object' || leaf === null) return String(leaf);
  if (leaf.kind === 'bytes') return `!!binary ${Buffer.from(leaf.bytes).toString('base64')}`;
  return leaf.kind === 'float' ? shortFloat(leaf.value) : leaf.text;
}
