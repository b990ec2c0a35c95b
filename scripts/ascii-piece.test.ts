import { SourceMap } from 'node:module';
import { describe, expect, it } from 'vitest';
import { asciiPiece, isAscii } from './ascii-piece.ts';

/** Of one file, whose places are those of the code itself: a segment for each column, each one further than the one before. */
function mapOf(code: string): string {
  const lengths = code.split('\n').map((line) => line.length);
  return lengths
    .map((length, at) => [firstOf(lengths[at - 1]), ...Array(length - 1).fill('CAAC')].join(','))
    .join(';');
}

/** Column, file, line, column, each less what it was before. */
function firstOf(lengthBefore: number | undefined): string {
  return lengthBefore === undefined ? 'AAAA' : `AAC${back(lengthBefore - 1)}`;
}

function back(columns: number): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const bits = columns === 0 ? 0 : 2 * columns + 1;
  return bits < 32 ? (digits[bits] ?? '') : `${digits[(bits % 32) + 32]}${digits[Math.floor(bits / 32)]}`;
}

describe('a piece of the bundle', () => {
  it.each([
    ['a message', 'x("a … b")'],
    ['a template', 'x(`${1}é`)'],
    ['a pattern', 'x("\ufeffabc".replace(/^\ufeff/, ""))'],
    ['what needs two units', 'x([..."💩"].length, /^[💩]$/u.test("💩"))'],
    ['a name', 'const größe = 3; x(größe)'],
  ])('does the same in ASCII, with %s', (_what, code) => {
    const piece = asciiPiece({ code, mappings: '' });
    expect(isAscii(piece.code)).toBe(true);
    const run = (text: string): unknown[] => {
      const told: unknown[] = [];
      new Function('x', text)((...values: unknown[]) => told.push(...values));
      return told;
    };
    expect(run(piece.code)).toEqual(run(code));
  });

  it('is refused where an escape would be another text', () => {
    expect(() => asciiPiece({ code: 'String.raw`…`', mappings: '' })).toThrow('ASCII');
  });

  it('leads from where its parts are now to where they came from', () => {
    const code = 'a("…é",b)\nc("abc")\nd("💩","…");e()';
    const names = ['a', 'b', 'c', 'd', 'e'];
    const piece = asciiPiece({ code, mappings: mapOf(code) });
    const map = new SourceMap({
      version: 3,
      file: '',
      sources: ['x'],
      sourcesContent: [code],
      names: [],
      sourceRoot: '',
      mappings: piece.mappings,
    });
    const placesIn = (text: string): (readonly [string, number, number])[] =>
      text
        .split('\n')
        .flatMap((line, at) => names.map((name) => [name, at, line.search(`${name}[()]`)] as const))
        .filter(([, , column]) => column >= 0);
    const origins = placesIn(piece.code).map(([name, line, column]) => {
      const entry = map.findEntry(line, column);
      return [
        name,
        'originalLine' in entry && entry.originalLine,
        'originalColumn' in entry && entry.originalColumn,
      ];
    });
    expect(origins).toEqual(placesIn(code));
  });
});
