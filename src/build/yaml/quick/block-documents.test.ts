import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readFully, readQuickly } from '../../../../test/fixtures/both-readers.ts';
import type { ScalarRules } from '../scalar.ts';
import { maxDocuments, maxYamlDepth, maxYamlTokens } from '../yaml-limits.ts';
import { readBlockDocuments } from './block-documents.ts';

const bothRules: readonly ScalarRules[] = ['source', 'printed'];

/** True when the quick reader took the text; it has to say what the full one says. */
function agrees(text: string): boolean {
  let took = false;
  for (const rules of bothRules) {
    const quick = readQuickly(text, rules);
    if (quick === undefined) continue;
    expect(quick, JSON.stringify([rules, text])).toEqual(readFully(text, rules));
    took = true;
  }
  return took;
}

/** What the quick reader takes. */
const regular = [
  ['maps in maps', 'a:\n  b:\n    c: 1\n  d: x y\ne: z\n'],
  ['lists below their key, and further in', 'a:\n- 1\n- b\nc:\n  - 2\n  - d\n'],
  ['maps and lists in lists', 'a:\n- b: 1\n  c: 2\n-\n  d: 3\n- - 1\n  - - 2\n- e:\n  - 4\n'],
  ['what is empty', 'a:\nb:\n  c:\nd:\n-\n- \n'],
  ['annotations', 'metadata:\n  annotations:\n    a: true\n    b: 01\n    c:\n    d: 2001-1-1\n    e: [1]\n'],
  ['scalars', 'a: [yes, 0777, 1e3, 2001-1-1]\nb: ~\nc: 18446744073709551615\nd: -1\ne: 1_0\nf: .5\n'],
  ['odd keys', 'a b: 1\n-c: 2\n"d: e": 3\n\'f\': 4\ng: "$h"\n1a: 5\nj:: 6\n'],
  ['comments', '# a\nb: c # d\n\n  # e\nf: # g\n  # h\n  - i#j\n# k\n'],
  ['documents', '# a\n---\n# b\n---\na: 1\n---\n\n---\nb: |-\n  ---x\n---\n'],
  ['lines behind text over several lines', 'a: |\n  b\n\n  c\nd: "e\n\n  f"\ng: h\n  i\n---\nj: 1\n'],
  ['no document', '# a\n\n# b\n'],
  ['text over several lines', 'a: b\n  c\n\n\n   - "d"\n\ne: f\n'],
  [
    'quotes',
    'a: "b # c: d"\ne: \'it\'\'s\'\nf: ""\ng: "\\n\\u00e9\\x41\\" \\/\\\\"\nh: "\\""\ni: \'\'\'\'\n',
  ],
  ['quotes over several lines', "a: \"b\n  c\n\n\n  \\ d \n  e \"\nf: 'g\n\n  h''\n  i '\n"],
  ['dollars', 'a: "$b"\nc:\n- |\n  $d\n- $e\n- {f: \'$g\', "h/i~": "$"}\n'],
  ['literal blocks', 'a: |\n  b\n\n   c\n    # d\n\n\ne: |-\n\n\n    f\n\ng: |+\n  h\ni:\n- |\n j\n'],
  ['a literal block that ends the file', 'a: |\n  b\n'],
  ['a literal block before a comment', 'a:\n  b: |\n    c\n  # d\n  e: f\n'],
  ['braces and brackets', 'a: {}\nb: []\nc: [ a, "b", \'c\' , [1], {d: e, "f": {g: null}} ] # h\n'],
  ['no break at the end', 'a: b'],
  ['characters beyond ASCII', 'é: ü # –\n"日": [ "本" ]\nb: |\n  …\u3000\n\nc: \u00a0#d\u2003 # x\n😀: 1\n'],
  ['carriage returns', 'a: b\r\nc: |\r\n  d\r\n  e\r\n'],
] as const;

describe('the quick reader says what the full reader says', () => {
  it.each(regular)('of %s', (_what, text) => {
    expect(agrees(text)).toBe(true);
  });

  const pieces = [
    ...[
      'a',
      'b c',
      ': ',
      ':',
      '- ',
      '-',
      '\n',
      '\n  ',
      '\n    ',
      '\n- ',
      '\na: ',
      '\n  b: ',
      ' ',
      '\t',
      '\r\n',
      '\r',
    ],
    ...[
      '{',
      '}',
      '[',
      ']',
      '{}',
      '[]',
      ', ',
      '"',
      "'",
      '"$x"',
      "'y'",
      '|',
      '|-',
      '|+',
      '>',
      '|\n    x\n',
      '\\',
      '\\n',
    ],
    ...[
      '&x ',
      '*x',
      '<<: ',
      '!t ',
      '? ',
      '#',
      ' # c',
      '---\n',
      '\n---\n',
      '...\n',
      '%Y\n',
      '~',
      'null',
      '1',
      '01',
    ],
    ...[
      '2001-1-1',
      'yes',
      '.inf',
      '\ufeff',
      '\u00a0',
      '日',
      '$',
      '__proto__',
      'kind: List\n',
      '\u2003',
      '  ',
    ],
    ...['metadata:\n  annotations:\n    a: 1\n', 'a:\n- b: c\n  d: "e\n    f"\n'],
  ];
  const anyText = fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.constantFrom('\na: ', '\n  b: ', '\n- ', 'c')), {
      maxLength: 30,
    })
    .map((parts) => parts.join(''));

  it('of any text that it takes', () => {
    let taken = 0;
    const check = fc.property(anyText, (text) => {
      if (agrees(text)) taken += 1;
    });
    fc.assert(check, { numRuns: 4000 });
    expect(taken).toBeGreaterThan(50);
  });

  const edit = fc.record({
    how: fc.constantFrom('insert', 'remove', 'move in', 'move out', 'repeat'),
    at: fc.nat(),
    piece: fc.constantFrom(...pieces),
  });

  function edited(text: string, { how, at, piece }: { how: string; at: number; piece: string }): string {
    const offset = at % (text.length + 1);
    if (how === 'insert') return text.slice(0, offset) + piece + text.slice(offset);
    if (how === 'remove') return text.slice(0, offset) + text.slice(offset + 1 + (at % 3));
    const lines = text.split('\n');
    const line = at % lines.length;
    const known = lines[line] ?? '';
    const others =
      { 'move in': [` ${known}`], 'move out': [known.slice(1)], repeat: [known, known] }[how] ?? [];
    return lines.toSpliced(line, 1, ...others).join('\n');
  }

  it('of what it takes, changed at some places', () => {
    let taken = 0;
    const text = fc.constantFrom(...regular.map(([, one]) => one));
    const check = fc.property(text, fc.array(edit, { minLength: 1, maxLength: 3 }), (one, edits) => {
      if (agrees(edits.reduce(edited, one))) taken += 1;
    });
    fc.assert(check, { numRuns: 3000 });
    expect(taken).toBeGreaterThan(500);
  });

  it('of what another writer prints, lines folded and not', () => {
    let taken = 0;
    const key = fc.stringMatching(/^[a-zA-Z][\w./ -]{0,20}$/);
    const text = fc.oneof(
      fc.string({ maxLength: 120 }),
      fc.lorem({ maxCount: 40 }),
      fc.lorem({ mode: 'sentences' }),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.oneof(
          text,
          fc.integer(),
          fc.boolean(),
          fc.constant(null),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
        ),
        fc.array(tie('tree'), { maxLength: 5 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
      ),
    }));
    const width = fc.constantFrom(0, 20, 80);
    const check = fc.property(fc.dictionary(key, tree, { minKeys: 1 }), width, (value, lineWidth) => {
      const written = stringify(value, { version: '1.1', lineWidth, blockQuote: 'literal' });
      if (agrees(written) || agrees(written.replace(/\n+$/, '\nz: 1\n'))) taken += 1;
    });
    fc.assert(check, { numRuns: 300 });
    expect(taken).toBeGreaterThan(150);
  });
});

describe('the quick reader leaves to the full one', () => {
  it.each([
    ['anchors and aliases', 'a: &b c\nd: *b\n'],
    ['merge keys', 'a: {b: 1}\n<<: {c: 2}\n'],
    ['tags', 'a: !!str 1\n'],
    ['folded blocks', 'a: >\n  b\n'],
    ['blocks with a number', 'a: |2\n    b\n'],
    ['blocks that end the file in another way than by one break', 'a: |\n  b'],
    ['blanks in blocks', 'a: |\n  b\n   \n  c\n'],
    ['keys twice', 'a: 1\na: 2\n'],
    ['explicit keys', '? a\n: b\n'],
    ['directives', '%YAML 1.2\n---\na: b\n'],
    ['ends of documents', 'a: b\n...\n'],
    ['ends of documents with more behind them', 'a: b\n... c: d\n'],
    ['text that goes on behind one with a comment', 'a: b # c\n  d\n'],
    ['quotes that go on too far out', 'a:\n  b: "c\n  d"\n'],
    ['quotes with a break that is escaped', 'a: "b\\\n  c"\n'],
    ['quotes with a blank before a break that is escaped', 'a: "b\\ \n  c"\n'],
    ['quotes with blanks of another kind at a break', 'a: "b\u00a0\n  c"\n'],
    ['quotes over several lines as a key, or in brackets', '"a\n  b": ["c\n  d"]\n'],
    ['blocks without text', 'a: |\nb: c\n'],
    ['blocks that are not further in', 'a:\n  b: |\n  c\n'],
    ['blocks with empty lines at the end of the file', 'a: |\n  b\n\n'],
    ['blocks with blanks at the end of the file', 'a: |\n  b\n  '],
    ['blocks with tabs', 'a: |\n  b\n  \tc\n'],
    ['braces without a blank behind the colon', 'a: {b:c}\n'],
    ['braces without a colon', 'a: {b}\n'],
    ['keys twice in braces', 'a: {b: 1, b: 2}\n'],
    ['brackets with text of several words', 'a: [b c]\n'],
    ['keys that stand for nothing', '~: a\n'],
    ['keys that stand for infinity', '.inf: a\n'],
    ['what looks like a comment', 'a: "b"#c\n'],
    ['text that goes on behind a comment', 'a: b\n  # c\n  d\n'],
    ['content behind the mark of a document', '--- {}\n'],
    ['documents that are no map or list', 'a\n'],
    ['JSON', '{"a": 1}\n'],
    ['braces over several lines', 'a: {b: c,\n  d: e}\n'],
    ['tabs', 'a:\tb\n'],
    ['a map that moves in', 'a: 1\n b: 2\n'],
    ['infinity', 'a: .inf\n'],
    ['__proto__', '__proto__: 1\n'],
    ['a quote that does not end', 'a: "b\n'],
  ])('%s', (_what, text) => {
    for (const rules of bothRules) expect(readQuickly(text, rules)).toBeUndefined();
  });

  const forbidden = ['\u0001', '\0', '\r', '\u001f', '\u007f', '\u0085', '\u2028', '\uffff', '\ufeff'];

  it.each([
    ['a plain text', 'a: b@\n'],
    ['a text that goes on', 'a: b\n  c@d\n'],
    ['a key', 'a@: b\n'],
    ['a comment', '# @\na: b\n'],
    ['a comment behind a value', 'a: b # @\n'],
    ['a quote', 'a: "@"\n'],
    ['a quote over several lines', "a: 'b\n  @\n\n  c'\n"],
    ['a block', 'a: |\n  b\n\n  @\n\nc: d\n'],
    ['brackets', 'a: ["@"]\n'],
    ['the last line', 'a: b\n---\n# @'],
  ])('a file with a character that YAML forbids in %s', (_what, text) => {
    expect(readQuickly(text.replace('@', 'é'), 'source'), 'without it').toBeDefined();
    for (const character of forbidden) {
      const odd = text.replace('@', `${character}.`);
      expect(readQuickly(odd, 'source'), JSON.stringify(character)).toBeUndefined();
    }
  });

  it('no file for its length: what is sought in a line is sought in that line alone', () => {
    // With each item looked through to the end this is 10^12 characters.
    const text = `a:\n${'- b\n'.repeat(30_000)}- |\n  ${'d'.repeat(30 * 1024 * 1024)}\n`;
    const before = process.cpuUsage();
    expect(readBlockDocuments(text, 'printed')).toHaveLength(1);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000_000).toBeLessThan(10);
  });

  it('keys that are no text, and lists of objects, of what was not printed', () => {
    for (const text of ['1: a\n', 'true: a\n', 'kind: List\nitems:\n- a: 1\n', '2001-1-1: a\n'])
      expect([readQuickly(text, 'source'), agrees(text)]).toEqual([undefined, true]);
  });

  it('documents that may be too large, too deep or too many', () => {
    const nested = Array.from({ length: maxYamlDepth }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('');
    const long = 'a:\n'.concat('- 1\n'.repeat(maxYamlTokens / 10));
    const many = '---\n'.repeat(maxDocuments + 1);
    for (const text of [nested, long, many]) expect(readQuickly(text, 'printed')).toBeUndefined();
  });
});
