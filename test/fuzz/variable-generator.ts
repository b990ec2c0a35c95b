import { SeededRandom } from '../chaos/random.ts';

/** Values that are something else than text once they stand in YAML without quotes, or break what is around them. */
export const darkVariables: Readonly<Record<string, string>> = {
  word: 'green',
  empty: '',
  int: '3',
  negative: '-2',
  octal: '0777',
  hex: '0x1f',
  float: '1.50',
  exponent: '1e3',
  big: '9007199254740993',
  yes: 'yes',
  bool: 'true',
  off: 'off',
  nothing: 'null',
  tilde: '~',
  date: '2001-01-01',
  time: '12:30:45',
  map: '{a: b}',
  list: '[1, two]',
  pair: 'a: b',
  comment: 'a #b',
  hash: '#b',
  dash: '- x',
  star: '*a',
  anchor: '&a b',
  tag: '!t x',
  single: "'q'",
  double: '"q"',
  apostrophe: "it's",
  bar: '|',
  percent: '%a',
  at: '@a',
  colon: 'a:',
  blank: ' a ',
  wide: 'äöü',
  lines: 'one\ntwo',
  url: 'https://example.org/a?b=c&d=e#f',
  long: 'word '.repeat(40).trim(),
};

const names = Object.keys(darkVariables);

class ObjectWriter {
  readonly #random: SeededRandom;
  #keys = 0;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  write(): string {
    const fields = Array.from({ length: 1 + this.#random.below(3) }, () => this.#entry('  '));
    return `apiVersion: v1\nkind: Thing\nmetadata:\n  name: a\nspec:\n${fields.join('')}`;
  }

  #entry(indent: string): string {
    this.#keys += 1;
    const key = this.#random.below(12) === 0 ? `k${this.#keys}\${word}` : `k${this.#keys}`;
    const form = this.#random.below(8);
    if (form === 0) return `${indent}${key}: |\n${indent}  ${this.#template()}\n${indent}  second\n`;
    if (form === 1 && indent.length < 6) return `${indent}${key}:\n${this.#entry(`${indent}  `)}`;
    if (form === 2) return `${indent}${key}:\n${indent}- ${this.#scalar()}\n${indent}- b\n`;
    return `${indent}${key}: ${this.#scalar()}\n`;
  }

  #scalar(): string {
    const template = this.#template();
    const style = this.#random.below(4);
    if (style === 0) return JSON.stringify(template);
    if (style === 1) return `'${template.replaceAll("'", "''")}'`;
    return template;
  }

  #template(): string {
    const before = this.#random.pick(['', '', '', 'a', 'a ', 'a: ', '1', '/', 'a=']);
    const after = this.#random.pick(['', '', '', 'b', ' b', '0', '%', '-']);
    const second = this.#random.below(5) === 0 ? this.#expression() : '';
    return `${before}${this.#expression()}${second}${after}`;
  }

  #expression(): string {
    const name = this.#random.pick(names);
    const form = this.#random.pick(['', '', '', '', '^^', ':0:2', '#a', '/a/b', ':=d', 'absent']);
    return form === 'absent'
      ? `\${absent:=${darkVariables[name]?.includes('}') ? 'x' : name}}`
      : `\${${name}${form}}`;
  }
}

/** An object of a kind of which nothing is known, with variables where they may stand. The same seed gives the same text. */
export function generateVariables(seed: number): string {
  return new ObjectWriter(seed).write();
}
