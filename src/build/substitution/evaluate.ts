import { type Expression, ExpressionError, type Template } from './expression.ts';
import { matchPrefix } from './glob.ts';

export type Variables = ReadonlyMap<string, string>;

/** Characters that one expression may grow to: values of Secrets and ConfigMaps stay below 1 MiB. */
const maxExpandedLength = 4 * 1024 * 1024;

type Operation = (value: string, operands: readonly string[]) => string;

/** Go maps each character on its own; a mapping that would make several of one is left out. */
function mapCase(text: string, map: (character: string) => string): string {
  return [...text]
    .map((character) => {
      const mapped = map(character);
      return [...mapped].length === 1 ? mapped : character;
    })
    .join('');
}

function first(value: string, change: (text: string) => string): string {
  const [head = '', ...tail] = value;
  return `${change(head)}${tail.join('')}`;
}

const lower = (text: string): string => mapCase(text, (character) => character.toLowerCase());
const upper = (text: string): string => mapCase(text, (character) => character.toUpperCase());

/** A whole number as Go's Atoi reads it. */
function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^[-+]?[0-9]+$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Counts bytes, as Flux does; cutting through a character is an error instead of broken text. */
const substring: Operation = (value, [startText, lengthText]) => {
  const bytes = new TextEncoder().encode(value);
  const given = wholeNumber(startText);
  if (given === undefined) return value;
  const start = given < 0 ? Math.max(0, bytes.length + given) : given;
  const length = lengthText === undefined ? bytes.length : wholeNumber(lengthText);
  if (length === undefined) return value;
  const end = length < 0 ? bytes.length + length : Math.min(start + length, bytes.length);
  if (end <= start) return '';
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start, end));
  } catch (cause) {
    throw new ExpressionError('expected a substring of whole characters, got a cut inside one', { cause });
  }
};

function refuseGrowth(length: number): void {
  if (length <= maxExpandedLength) return;
  throw new ExpressionError(`expected at most ${maxExpandedLength} characters after substitution, got more`);
}

const replaceAll: Operation = (value, [sought = '', replacement = '']) => {
  const count = sought === '' ? value.length + 1 : value.split(sought).length - 1;
  refuseGrowth(value.length + count * replacement.length);
  if (sought !== '') return value.replaceAll(sought, () => replacement);
  return replacement + [...value].map((character) => character + replacement).join('');
};

const replaceFirst: Operation = (value, [sought = '', replacement = '']) => {
  return value.replace(sought, () => replacement);
};

/** With an empty replacement Flux changes nothing here. */
const replacePrefix: Operation = (value, [sought = '', replacement]) => {
  if (replacement === undefined || !value.startsWith(sought)) return value;
  return replacement + value.slice(sought.length);
};

const replaceSuffix: Operation = (value, [sought = '', replacement]) => {
  if (replacement === undefined || !value.endsWith(sought)) return value;
  return value.slice(0, value.length - sought.length) + replacement;
};

function trimPrefix(want: 'shortest' | 'longest'): Operation {
  return (value, [pattern = '']) => {
    const characters = [...value];
    return characters.slice(matchPrefix(characters, [...pattern], want)).join('');
  };
}

/** Text and pattern are turned round, as in Flux: a set of characters in a suffix pattern matches nothing there. */
function trimSuffix(want: 'shortest' | 'longest'): Operation {
  return (value, [pattern = '']) => {
    const characters = [...value].reverse();
    const length = matchPrefix(characters, [...pattern].reverse(), want);
    return characters.slice(length).reverse().join('');
  };
}

const orDefault: Operation = (value, [fallback = '']) => (value === '' ? fallback : value);

/** These have a meaning for a variable that is not set. Flux treats all of them alike. */
const defaults = new Set(['=', ':=', ':-', ':+', ':?']);

const operations = new Map<string, Operation>([
  ['', (value) => value],
  ['length', (value) => String(new TextEncoder().encode(value).length)],
  [',', (value) => first(value, lower)],
  [',,', lower],
  ['^', (value) => first(value, upper)],
  ['^^', upper],
  [':', substring],
  ['#', trimPrefix('shortest')],
  ['##', trimPrefix('longest')],
  ['%', trimSuffix('shortest')],
  ['%%', trimSuffix('longest')],
  ['/', replaceFirst],
  ['//', replaceAll],
  ['/#', replacePrefix],
  ['/%', replaceSuffix],
  ...[...defaults].map((operator) => [operator, orDefault] as const),
]);

/** The value of a variable that is not set and has no default. */
export type Unset = (name: string) => string;

/** @throws ExpressionError */
export function refuseUnset(name: string): never {
  throw new ExpressionError(`variable "${name}" is not set and has no default`);
}

function evaluateExpression(expression: Expression, variables: Variables, unset: Unset): string {
  const { name, operator } = expression;
  const operands = expression.operands.map((operand) => evaluate(operand, variables, unset));
  const value = variables.get(name) ?? (defaults.has(operator) ? '' : unset(name));
  // `,^` and `^,` change nothing.
  return operations.get(operator)?.(value, operands) ?? value;
}

/** The text of a template. @throws ExpressionError; a variable's value is never part of it. */
export function evaluate(template: Template, variables: Variables, unset: Unset = refuseUnset): string {
  let text = '';
  for (const part of template) {
    text += typeof part === 'string' ? part : evaluateExpression(part, variables, unset);
    refuseGrowth(text.length);
  }
  return text;
}
