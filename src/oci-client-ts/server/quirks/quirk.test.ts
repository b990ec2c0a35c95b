import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { OciError } from '../../errors.ts';
import { notForServers, type QuirkName, quirk, quirkTable } from './quirk.ts';

const root = new URL('../../../../', import.meta.url);
const folder = new URL('test/integration/oci-quirks/', root);
const numbers = Array.from({ length: 58 }, (_, at) => at + 1);

interface NamedTest {
  readonly number: number;
  readonly behaviour: string;
  readonly file: string;
}

const files = readdirSync(folder).sort();
const texts = new Map(files.map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]));
const tests: readonly NamedTest[] = [...texts].flatMap(([file, text]) =>
  [...text.matchAll(/'quirk (\d+)(?: \([^)]*\))?: ([^']+)'/g)].map(([, number, behaviour = '']) => ({
    number: Number(number),
    behaviour,
    file,
  })),
);

function modesOf(number: number): string {
  const modes = quirkTable[number]?.modes ?? {};
  const names = typeof modes === 'function' ? [] : Object.keys(modes);
  return names.length === 0 ? '' : `; modes ${names.map((name) => `\`${name}\``).join(', ')}`;
}

/** The row of the documentation that the table of quirks and the tests amount to. */
function rowOf(number: number): string {
  const found = tests.filter((test) => test.number === number);
  const does = `${quirkTable[number]?.does ?? notForServers[number]}${modesOf(number)}`;
  const behaviours = [...new Set(found.map(({ behaviour }) => behaviour))].join('; ');
  const named = [...new Set(found.map(({ file }) => file.replace('.test.ts', '')))].join(', ');
  return `| ${number} | ${does} | ${behaviours || '(not a matter of a client)'} | ${named || '(none)'} |`;
}

it('has every number as a switch, or says why it can be none', () => {
  const known = [...Object.keys(quirkTable), ...Object.keys(notForServers)].map(Number);
  expect(known.sort((one, other) => one - other)).toEqual(numbers);
});

it('has a named test for every switch, in each of its modes', () => {
  const named = new Set(tests.map(({ number }) => number));
  expect(Object.keys(quirkTable).filter((number) => !named.has(Number(number)))).toEqual([]);
  const text = [...texts.values()].join('\n');
  const modes = Object.entries(quirkTable).flatMap(([number, { modes }]) =>
    typeof modes === 'function' ? [] : Object.keys(modes).map((mode) => `'${number}:${mode}'`),
  );
  expect(modes.filter((mode) => !text.includes(mode))).toEqual([]);
});

it('is what docs/oci-quirks.md says', () => {
  const page = readFileSync(new URL('docs/oci-quirks.md', root), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| \d/.test(line));
  expect(rows).toEqual(numbers.map(rowOf));
});

it.each<QuirkName>([41, 59, '54:nothing', '7:plain'])('has no switch %s', (name) => {
  expect(() => quirk(name)).toThrow(OciError);
});
