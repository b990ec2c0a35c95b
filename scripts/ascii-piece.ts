/** Columns that an escape is longer than the character that it stands for. */
const growth = '\\u0000'.length - 1;

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

const escaped = (text: string): string => `\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}`;

export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

interface Piece {
  readonly code: string;
  /** `mappings` of its source map: https://tc39.es/ecma426/ */
  readonly mappings: string;
}

/**
 * The same code without a character beyond ASCII, and where its parts came from. Node reads a file that has one, in whatever message, with two bytes
 * for each of its characters, and V8 keeps the text of a script for as long as it runs.
 */
export function asciiPiece({ code, mappings }: Piece): Piece {
  if (/String\.raw`[^`]*[^\0-\x7f]/.test(code))
    throw new Error('expected ASCII in String.raw, which knows no escapes');
  const lines = code.split('\n');
  const places = mappings.split(';');
  return {
    code: lines.map((line) => line.replace(/[^\0-\x7f]/g, escaped)).join('\n'),
    mappings: places.map((place, at) => movedLine(place, oddColumns(lines[at] ?? ''))).join(';'),
  };
}

function oddColumns(line: string): number[] {
  return [...line.matchAll(/[^\0-\x7f]/g)].map(({ index }) => index);
}

/** The first number of each segment is its column, less that of the segment before. */
function movedLine(line: string, odd: readonly number[]): string {
  if (odd.length === 0 || line === '') return line;
  let [column, moved, passed] = [0, 0, 0];
  const segments = line.split(',').map((segment) => {
    const { value, length } = readNumber(segment);
    column += value;
    while ((odd[passed] ?? Number.POSITIVE_INFINITY) < column) passed += 1;
    const before = moved;
    moved = column + growth * passed;
    return writeNumber(moved - before) + segment.slice(length);
  });
  return segments.join(',');
}

/** Five bits each, the lowest first; the sixth says that more follow, and the lowest of all is the sign. */
function readNumber(text: string): { readonly value: number; readonly length: number } {
  let [bits, length] = [0, 0];
  for (let more = true; more; length += 1) {
    const digit = base64.indexOf(text[length] ?? '');
    bits += (digit & 31) * 32 ** length;
    more = (digit & 32) !== 0;
  }
  const size = Math.floor(bits / 2);
  return { value: bits % 2 === 1 ? -size : size, length };
}

function writeNumber(value: number): string {
  let bits = value < 0 ? -2 * value + 1 : 2 * value;
  let text = '';
  do {
    const rest = Math.floor(bits / 32);
    text += base64[(bits % 32) + (rest > 0 ? 32 : 0)];
    bits = rest;
  } while (bits > 0);
  return text;
}
