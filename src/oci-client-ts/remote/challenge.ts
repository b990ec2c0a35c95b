/** One challenge of a `WWW-Authenticate` header, RFC 9110 section 11.6.1. */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  /** Names in lower case; of a repeated name the first counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A registry's challenge has a realm, a service and a scope or two: some hundred characters. */
const maxHeaderLength = 8192;
const maxChallenges = 16;

/**
 * Reads all challenges of all headers: several in one header, quoted strings with escapes, schemes with a token instead of parameters.
 * What cannot be read is skipped; it never throws.
 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap((header) => parseHeader(header.slice(0, maxHeaderLength))).slice(0, maxChallenges);
}

/** The first challenge this package can answer. */
export function answerable(challenges: readonly Challenge[]): Challenge | undefined {
  return challenges.find(
    ({ scheme, parameters }) => scheme === 'basic' || (scheme === 'bearer' && parameters.has('realm')),
  );
}

interface Cursor {
  readonly text: string;
  at: number;
}

function parseHeader(text: string): Challenge[] {
  const cursor: Cursor = { text, at: 0 };
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  while (skipSeparators(cursor)) {
    const word = readWhile(cursor, isTokenCharacter);
    if (word === '') {
      cursor.at += 1;
      continue;
    }
    const value = readValue(cursor);
    const current = found.at(-1);
    if (value === undefined) {
      found.push({ scheme: word.toLowerCase(), parameters: new Map() });
      skipToken68(cursor);
    } else if (current !== undefined && !current.parameters.has(word.toLowerCase())) {
      current.parameters.set(word.toLowerCase(), value);
    }
  }
  return found;
}

/** False at the end of the text. */
function skipSeparators(cursor: Cursor): boolean {
  readWhile(cursor, (character) => character === ' ' || character === '\t' || character === ',');
  return cursor.at < cursor.text.length;
}

/** The value after `=`, or nothing when the word before was a scheme. */
function readValue(cursor: Cursor): string | undefined {
  const start = cursor.at;
  readWhile(cursor, isSpace);
  if (cursor.text[cursor.at] !== '=') {
    cursor.at = start;
    return undefined;
  }
  cursor.at += 1;
  readWhile(cursor, isSpace);
  if (cursor.text[cursor.at] === '"') return readQuoted(cursor);
  return readWhile(cursor, (character) => character !== ',' && !isSpace(character));
}

function readQuoted(cursor: Cursor): string {
  let value = '';
  cursor.at += 1;
  while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== '"') {
    if (cursor.text[cursor.at] === '\\') cursor.at += 1;
    value += cursor.text[cursor.at] ?? '';
    cursor.at += 1;
  }
  cursor.at += 1;
  return value;
}

/** `Negotiate TlRMTVNTUA==`: a scheme's single token, told from a parameter by the comma or end behind it. */
function skipToken68(cursor: Cursor): void {
  const start = cursor.at;
  readWhile(cursor, isSpace);
  const token = readWhile(cursor, (character) => /[A-Za-z0-9._~+/-]/.test(character));
  readWhile(cursor, (character) => character === '=');
  readWhile(cursor, isSpace);
  const next = cursor.text[cursor.at];
  if (token === '' || (next !== undefined && next !== ',')) cursor.at = start;
}

function readWhile(cursor: Cursor, accepts: (character: string) => boolean): string {
  const start = cursor.at;
  while (cursor.at < cursor.text.length && accepts(cursor.text[cursor.at] ?? '')) cursor.at += 1;
  return cursor.text.slice(start, cursor.at);
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t';
}

function isTokenCharacter(character: string): boolean {
  return /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(character);
}
