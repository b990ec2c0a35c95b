import { type Document, isNode, LineCounter, parseAllDocuments } from 'yaml';
import type { ConfigurationFile } from './configuration-file.ts';

/** Something wrong in a configuration, with its place. */
export interface Fault {
  /** `file:line:column`, both from 1. */
  readonly place: string;
  readonly detail: string;
}

/** One YAML document with the way back to its lines. */
export interface LocatedDocument {
  readonly value: unknown;
  /** `file:line:column` of the document, or of the value at a path inside it. */
  placeOf(path?: readonly PropertyKey[]): string;
}

interface ParsedFile {
  readonly documents: readonly LocatedDocument[];
  readonly faults: readonly Fault[];
}

/** Aliases one document may use; a configuration needs none, a bomb needs many. */
const maxAliasCount = 100;

function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.range?.[0] ?? 0;
}

function placeAt(path: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${path}:${line}:${col}`;
}

function locate(document: Document, lines: LineCounter, path: string): LocatedDocument {
  return {
    value: document.toJS({ maxAliasCount }),
    placeOf: (inside = []) => placeAt(path, lines, offsetOf(document, inside)),
  };
}

/** Reads one document: its value, or what is wrong with it. */
function readDocument(
  document: Document,
  lines: LineCounter,
  path: string,
): LocatedDocument | readonly Fault[] {
  if (document.errors.length > 0) {
    return document.errors.map((error) => ({
      place: placeAt(path, lines, error.pos[0]),
      detail: syntaxFault(error.code),
    }));
  }
  try {
    return locate(document, lines, path);
  } catch {
    return [{ place: path, detail: 'expected YAML whose aliases name anchors, a hundred of them at most' }];
  }
}

/**
 * Splits a file into documents; empty ones are passed over. Syntax errors come back as faults, all of them. So does a file without any text:
 * it is about to be written. Comments alone are a statement.
 */
export function parseFile({ path, text }: ConfigurationFile): ParsedFile {
  if (text.trim() === '')
    return { documents: [], faults: [{ place: path, detail: 'expected an object, got an empty file' }] };
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true });
  const all: readonly Document[] = Array.isArray(parsed) ? parsed : [];
  const read = all.map((document) => readDocument(document, lines, path));
  return {
    documents: read.filter((one) => 'placeOf' in one).filter((document) => document.value !== null),
    faults: read.flatMap((one) => ('placeOf' in one ? [] : one)),
  };
}

/** The parser's own words quote the text, and the text may be a password. */
function syntaxFault(code: string): string {
  return `expected YAML, got a syntax error (${code.toLowerCase().replaceAll('_', ' ')})`;
}
