import { SeededRandom } from '../chaos/random.ts';

/** Values that the functions of the language trip over. */
export const expressionVariables: Readonly<Record<string, string>> = {
  color: 'green',
  empty: '',
  path: 'a/b/c.tar.gz',
  wide: 'äöü',
  n: '3',
  neg: '-2',
  star: '*',
  dollar: '$',
  brace: '}',
  up: 'ÉCLAIR ß ŉ',
  sp: ' a  b ',
  glob: 'x*y?z[w]',
  back: 'a\\b',
};

const names = [...Object.keys(expressionVariables), 'absent'];
const pieces = [
  ...['${', '${', '${', '}', '}', '}', '$', '$$', ...names, ':', ':=', ':-', ':+', ':?', '=', '-', '+', '?'],
  ...[
    '#',
    '##',
    '%',
    '%%',
    '/',
    '//',
    '/#',
    '/%',
    '^',
    '^^',
    ',',
    ',,',
    '*',
    '[a-c]',
    '[^b]',
    '[',
    '\\',
    '\\/',
  ],
  ...['1', '2', '-1', '0', ' ', 'ä', 'a', 'é', 'text', '.'],
];
const operands = [
  ...[
    'a',
    'e',
    '*',
    '?',
    '/',
    '\\/',
    '.',
    '[a-c]',
    '1',
    '-2',
    'x y',
    '$$',
    '$',
    'ä',
    'tar',
    '*/',
    '.*',
    '${n}',
  ],
  ...['\\\\', ':', '-', 'É', '[^a]', '\\*', '**'],
];
const positions = ['0', '1', '2', '-1', '-2', '-9', '99', 'x', '+1', ' 1', '${n}', '${neg}'];

class ExpressionWriter {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  text(): string {
    if (this.#random.below(3) > 0) {
      return this.#pick(['', 'a', '$$', '$']) + this.#expression(2) + this.#pick(['', 'b', '$', '}']);
    }
    return Array.from({ length: 1 + this.#random.below(9) }, () => this.#pick(pieces)).join('');
  }

  #pick(choices: readonly string[]): string {
    return this.#random.pick(choices);
  }

  #operand(depth: number): string {
    const parts = Array.from({ length: 1 + this.#random.below(2) }, () => {
      return depth > 0 && this.#random.below(4) === 0 ? this.#expression(depth - 1) : this.#pick(operands);
    });
    return parts.join('');
  }

  #expression(depth: number): string {
    const name = this.#pick(names);
    const operand = this.#operand(depth);
    const forms = [
      '',
      this.#pick(['^', '^^', ',', ',,', ',^', '^,']),
      `:${this.#pick(positions)}${this.#pick(['', `:${this.#pick(positions)}`])}`,
      `${this.#pick(['#', '##', '%', '%%'])}${operand}`,
      `${this.#pick(['/', '//', '/#', '/%'])}${operand}/${this.#pick(['', this.#operand(depth)])}`,
      `${this.#pick([':=', ':-', '=', ':+', ':?'])}${this.#pick(['', operand, operand])}`,
    ];
    return `\${${this.#pick(['', '', '', '', '#'])}${name}${this.#pick(forms)}}`;
  }
}

/** An expression, or what looks like one. The same seed gives the same text. */
export function generateExpression(seed: number): string {
  return new ExpressionWriter(seed).text();
}
