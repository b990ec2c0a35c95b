import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';
import { ExpressionError, parseTemplate } from './expression.ts';

const variables = new Map([
  ['color', 'green'],
  ['empty', ''],
  ['path', 'a/b/c.tar.gz'],
  ['wide', 'äöü'],
  ['greeting', 'hello world'],
]);

function substitute(text: string): string {
  return evaluate(parseTemplate(text), variables);
}

// Each row was checked against github.com/fluxcd/pkg/envsubst 1.8.
const results = [
  ['${color}', 'green'],
  ['a${color}b${color}c', 'agreenbgreenc'],
  ['${empty}', ''],
  ['${absent:=d}', 'd'],
  ['${absent:-d}', 'd'],
  ['${absent=d}', 'd'],
  ['${empty=d}', 'd'],
  ['${empty:=d}', 'd'],
  ['${color:=d}', 'green'],
  ['${absent:+d}', 'd'],
  ['${color:+d}', 'green'],
  ['${absent:?d}', 'd'],
  ['${absent:=}', ''],
  ['${absent:=a b:c/d}', 'a b:c/d'],
  ['${absent:=$$x}', '$$x'],
  ['${absent:=${color}}', 'green'],
  ['${absent:=<${color}|${empty:=none}>}', '<green|none>'],
  ['${absent:=${color:=${path}}}', 'green'],
  ['${#color}', '5'],
  ['${#wide}', '6'],
  ['${color^}', 'Green'],
  ['${color^^}', 'GREEN'],
  ['${wide^^}', 'ÄÖÜ'],
  ['${color,}', 'green'],
  ['${color,,}', 'green'],
  ['${color,^}', 'green'],
  ['${color:1}', 'reen'],
  ['${color:0:2}', 'gr'],
  ['${color:1:9}', 'reen'],
  ['${color:9}', ''],
  ['${color:-2}', 'green'],
  ['${color:0:-2}', 'gre'],
  ['${color:4:-2}', ''],
  ['${color:x}', 'green'],
  ['${color:1:x}', 'green'],
  ['${wide:2:2}', 'ö'],
  ['${path#*/}', 'b/c.tar.gz'],
  ['${path##*/}', 'c.tar.gz'],
  ['${path%.*}', 'a/b/c.tar'],
  ['${path%%.*}', 'a/b/c'],
  ['${path#?}', '/b/c.tar.gz'],
  ['${path#[a-c]}', '/b/c.tar.gz'],
  ['${path#[^b]}', '/b/c.tar.gz'],
  ['${path#[}', 'a/b/c.tar.gz'],
  ['${path#\\a}', '/b/c.tar.gz'],
  ['${path%[a-z]}', 'a/b/c.tar.gz'],
  ['${path#nothing}', 'a/b/c.tar.gz'],
  ['${color/e/3}', 'gr3en'],
  ['${color//e/3}', 'gr33n'],
  ['${color/#gr/b}', 'been'],
  ['${color/%en/y}', 'grey'],
  ['${color/e/}', 'gren'],
  ['${color//e/}', 'grn'],
  ['${color/#gr/}', 'green'],
  ['${path//\\//-}', 'a-b-c.tar.gz'],
  ['${color/e/$&}', 'gr$&en'],
  ['${color/e/${path}}', 'gra/b/c.tar.gzen'],
  ['$color', '$color'],
  ['$(color)', '$(color)'],
  ['costs 5$', 'costs 5$'],
  ['$$', '$'],
  ['$${color}', '${color}'],
  ['$$$${color}', '$${color}'],
  ['$$color', '$color'],
  ['$$${color}', '$green'],
  ['a } b', 'a } b'],
] as const;

const refused = [
  ['${absent}', 'variable "absent" is not set'],
  ['${#absent}', 'variable "absent" is not set'],
  ['${absent^^}', 'variable "absent" is not set'],
  ['${absent/a/b}', 'variable "absent" is not set'],
  ['${color:=${absent}}', 'variable "absent" is not set'],
  ['${}', 'expected a variable name'],
  ['${a.b}', 'expected "}" to end ${a'],
  ['${a b}', 'expected "}" to end ${a'],
  ['${a', 'expected "}" to end ${a'],
  ['${a-d}', 'expected "}" to end ${a'],
  ['${a+d}', 'expected "}" to end ${a'],
  ['${ a}', 'expected a variable name'],
  ['${#}', 'expected a variable name'],
  ['${#a.b}', 'expected "}" to end ${#a'],
  ['${a:=', 'expected an operand'],
  ['${a:}', 'expected an operand'],
  ['${color#}', 'expected an operand'],
  ['${color/e}', 'expected "/"'],
  ['${color/e/x${color}}', 'expected "}"'],
] as const;

describe('the language of postBuild', () => {
  it.each(results)('%s becomes %s', (text, result) => {
    expect(substitute(text)).toBe(result);
  });

  it.each(refused)('refuses %s: %s', (text, message) => {
    expect(() => substitute(text)).toThrow(ExpressionError);
    expect(() => substitute(text)).toThrow(message);
  });

  it('refuses to cut a character in two, where Flux yields broken text', () => {
    expect(() => substitute('${wide:1}')).toThrow('whole characters');
    expect(substitute('${wide%?}')).toBe('äö');
  });

  it('refuses expressions that are nested to exhaust the stack', () => {
    const deep = `${'${a:='.repeat(100_000)}${'}'.repeat(100_000)}`;
    expect(() => substitute(deep)).toThrow('at most 32 expressions');
  });

  it('refuses text that grows without measure, before it is made', () => {
    const long = new Map([['long', 'x'.repeat(100_000)]]);
    expect(() => evaluate(parseTemplate('${long//x/${long}}'), long)).toThrow('at most 4194304 characters');
  });

  it('strips a pattern in time that grows with text times pattern, however many stars it has', () => {
    const long = new Map([['long', 'a'.repeat(50_000)]]);
    expect(evaluate(parseTemplate(`\${long#${'*a'.repeat(50)}b}`), long)).toHaveLength(50_000);
  });

  it('leaves text without a dollar sign as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('$')),
        (text) => {
          expect(substitute(text)).toBe(text);
        },
      ),
    );
  });

  it('escapes any text: every $ doubled gives it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(substitute(text.replaceAll('$', '$$$$'))).toBe(text);
      }),
    );
  });

  it('fails with its own error only, and never tells a value', () => {
    const pieces = [
      '${',
      '}',
      '$',
      'color',
      'absent',
      ':',
      '=',
      '-',
      '#',
      '%',
      '/',
      '^',
      ',',
      '*',
      '[',
      ']',
      '\\',
      '1',
      'ä',
    ];
    const secret = new Map([['color', 'hunter2']]);
    const arbitrary = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(arbitrary, (text) => {
        try {
          evaluate(parseTemplate(text), secret);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ExpressionError);
          expect((thrown as Error).message).not.toContain('hunter2');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
