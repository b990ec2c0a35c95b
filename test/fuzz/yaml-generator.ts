import { SeededRandom } from '../chaos/random.ts';
import {
  blockLines,
  darkKeys,
  doubleQuoted,
  mergeSources,
  singleQuoted,
  strayCharacters,
  tags,
} from './dark-corners.ts';
import { brokenWords, darkWords, plainTexts } from './dark-words.ts';

/** Deeper values are scalars. */
const maxDepth = 4;

/** Writes one object whose values are full of what YAML readers disagree about. The same seed gives the same text. */
class ObjectWriter {
  readonly #random: SeededRandom;
  readonly #anchors: string[] = [];
  readonly #maps: string[] = [];
  #keys = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  write(): string {
    const name = `n${this.#random.below(1000)}`;
    if (this.#chance(8)) return this.#json(name);
    if (this.#chance(10)) return this.#list(name);
    return this.#block(name);
  }

  #chance(oneIn: number): boolean {
    return this.#random.below(oneIn) === 0;
  }

  #block(name: string): string {
    const head = ['apiVersion: v1\n', 'kind: Thing\n', `metadata:${this.#metadata(name)}`];
    const fields = Array.from({ length: 1 + this.#random.below(4) }, () => this.#entry(0, 0));
    return [...head, ...fields].join('');
  }

  #metadata(name: string): string {
    if (this.#chance(2)) return ` {name: ${name}}\n`;
    const field = this.#random.pick(['labels', 'annotations']);
    const text = this.#random.pick([
      ...darkWords,
      '"quoted"',
      "'1'",
      '"a\\tb"',
      '!!str 1',
      '>\n      a\n       b\n      c',
      '|-\n      a\n',
    ]);
    return `\n  name: ${name}\n  ${field}:\n    key: ${text}\n`;
  }

  #list(name: string): string {
    const kind = this.#random.pick(['List', 'ThingList', 'ConfigMapList']);
    const item = `- apiVersion: v1\n  kind: Thing\n  metadata: {name: ${name}}\n  v:${this.#value(2, 1)}`;
    const second = this.#chance(2) ? `- {apiVersion: v1, kind: Thing, metadata: {name: ${name}b}}\n` : '';
    return `apiVersion: v1\nkind: ${kind}\nitems:\n${item}${second}`;
  }

  #json(name: string): string {
    const indent = this.#random.pick(['', '  ', '\t', '\n']);
    const values = [1e21, 1.5e-7, 1e300, 0.1, -0, 'yes', '\ud83d\ude00', null, true, [], {}, '1', '0x1'];
    const object = {
      apiVersion: 'v1',
      kind: 'Thing',
      metadata: { name },
      v: Array.from({ length: 1 + this.#random.below(3) }, () => this.#random.pick(values)),
      w: { [this.#random.pick(['yes', '1', '', 'a b', '__proto__'])]: this.#random.pick(values) },
    };
    const text = JSON.stringify(object, undefined, indent === '\n' ? 1 : indent);
    return `${this.#chance(3) ? text.replace('"v":', `"u": ${this.#random.pick(['9007199254740993', '18446744073709551615', '18446744073709551616', '1E5', '-0', '1.0', '100000000000000000000000'])}, "v":`) : text}\n`;
  }

  /** `key: value` with its line end. */
  #entry(indent: number, depth: number): string {
    const space = ' '.repeat(indent);
    if (this.#chance(25)) return `${space}${this.#merge()}\n`;
    if (this.#chance(40)) return `${space}? ${this.#key()}\n${space}:${this.#value(indent, depth)}`;
    if (this.#chance(150)) return `${space}*${this.#anchor()} :${this.#value(indent, depth)}`;
    return `${space}${this.#key()}:${this.#value(indent, depth)}`;
  }

  #merge(): string {
    const known = this.#maps.map((name) => `*${name}`);
    return `<<: ${this.#random.pick([...known, ...known, '{m: 1, k1: 2}', '[{m: 1, o: }, {m: 2, n: 3}]', '{k2: ~}', '{}', ...mergeSources])}`;
  }

  #key(): string {
    this.#keys += 1;
    if (this.#chance(15)) return this.#random.pick(darkKeys);
    if (this.#chance(20)) return `"k${this.#keys}"`;
    return `k${this.#keys}`;
  }

  #anchor(): string {
    return this.#anchors.length === 0 ? 'none' : this.#random.pick(this.#anchors);
  }

  /** What stands behind a colon or a dash, with what separates it and its line end. */
  #value(indent: number, depth: number): string {
    const end = this.#chance(12) ? ' # comment\n' : '\n';
    const gap = this.#random.pick([' ', ' ', ' ', ' ', ' ', ' ', ' ', '  ', ' \t']);
    if (this.#chance(10) && this.#anchors.length > 0) return `${gap}*${this.#anchor()}${end}`;
    const anchor = this.#chance(8) ? `&a${this.#anchors.length} ` : '';
    const tag = this.#chance(40) ? `${this.#random.pick(tags)} ` : '';
    const text = this.#content(indent, depth, end);
    const collection = text.startsWith('\n');
    if (anchor !== '') this.#remember(anchor, collection);
    const properties = `${anchor}${tag}`;
    if (collection) return `${properties === '' ? '' : ` ${properties.trimEnd()}`}${text}`;
    return `${gap}${properties}${text}`;
  }

  #remember(anchor: string, collection: boolean): void {
    const name = anchor.slice(1, -1);
    this.#anchors.push(name);
    if (collection) this.#maps.push(name);
  }

  #content(indent: number, depth: number, end: string): string {
    const kind = this.#random.below(depth >= maxDepth ? 13 : 20);
    if (this.#chance(150)) return `${this.#random.pick(brokenWords)}${end}`;
    if (kind < 5) return `${this.#random.pick(darkWords)}${end}`;
    if (kind < 6) return `${this.#number()}${end}`;
    if (kind < 7) return this.#plain(indent, end);
    if (kind < 9) return `${this.#quoted(indent)}${end}`;
    if (kind < 12) return this.#blockScalar(indent);
    if (kind < 15) return `${this.#flow(depth)}${end}`;
    if (kind < 18) return `\n${this.#entries(indent + 1 + this.#random.below(3), depth)}`;
    return `\n${this.#items(indent + this.#random.below(3), depth)}`;
  }

  #number(): string {
    const alphabet = this.#random.pick([
      '0123456789',
      '01',
      '0123456789_',
      '0123456789.eE+-_',
      '0xob17_aF-+.',
      '0123456789:',
      '0123456789-T:.Z +',
    ]);
    const length = 1 + this.#random.below(this.#random.pick([4, 8, 22]));
    const text = Array.from({ length }, () => this.#random.pick([...alphabet])).join('');
    const prefix = this.#random.pick([
      '',
      '',
      '',
      '-',
      '+',
      '0',
      '0x',
      '0o',
      '0b',
      '.',
      '2001-01-0',
      '-0',
      '1e',
    ]);
    return `${prefix}${text}`.trim();
  }

  #plain(indent: number, end: string): string {
    const first = this.#random.pick(plainTexts);
    if (!this.#chance(3)) return `${first}${end}`;
    const more = this.#random.pick(['\n', '\n\n', ' \n', '\n\t\n', '\n   \n']);
    return `${first}${more}${' '.repeat(indent + 1 + this.#random.below(3))}${this.#random.pick(['more', '1', '- x', '\tx', 'x #y', '"q"'])}${end}`;
  }

  #quoted(indent: number): string {
    const form = this.#chance(2) ? doubleQuoted : singleQuoted;
    return this.#random.pick(form).replaceAll('\n', `\n${' '.repeat(indent + 1)}`);
  }

  #blockScalar(indent: number): string {
    const deep = indent + 1 + this.#random.below(3);
    const explicit = this.#chance(4) ? String(deep - indent) : '';
    const chomp = this.#random.pick(['', '', '-', '+']);
    const indicators = this.#chance(2) ? `${explicit}${chomp}` : `${chomp}${explicit}`;
    const header = `${this.#random.pick(['|', '|', '>'])}${indicators}${this.#chance(10) ? ' # header' : ''}\n`;
    const lines = Array.from({ length: this.#random.below(6) }, () => {
      const line = this.#random.pick(blockLines);
      return line === ''
        ? this.#random.pick(['', '', ' '.repeat(deep), ' '.repeat(deep + 1), ' '])
        : `${' '.repeat(deep)}${line}`;
    });
    return `${header}${lines.map((line) => `${line}\n`).join('')}`;
  }

  #entries(indent: number, depth: number): string {
    const count = 1 + this.#random.below(3);
    const noise = this.#chance(15) ? `${' '.repeat(this.#random.below(indent + 2))}# between\n` : '';
    const entries = Array.from({ length: count }, () => this.#entry(indent, depth + 1));
    if (this.#chance(40)) entries.push(entries[0] ?? '');
    return noise + entries.join('');
  }

  #items(indent: number, depth: number): string {
    const space = ' '.repeat(indent);
    const count = 1 + this.#random.below(3);
    return Array.from({ length: count }, () => {
      const form = this.#random.below(6);
      if (form === 0)
        return `${space}- - ${this.#random.pick(darkWords)}\n${space}  -${this.#value(indent + 2, depth + 2)}`;
      if (form === 1)
        return `${space}- ${this.#entry(0, depth + 2)
          .replaceAll('\n', `\n${space}  `)
          .trimEnd()}\n${this.#entry(indent + 2, depth + 2)}`;
      return `${space}-${this.#value(indent, depth + 1)}`;
    }).join('');
  }

  #flow(depth: number): string {
    const gap = this.#random.pick([' ', '', '  ', '\n      ', ' # c\n      ']);
    const count = this.#random.below(4);
    const parts = Array.from({ length: count }, () => this.#flowValue(depth + 1));
    const trailing = count > 0 && this.#chance(4) ? ',' : '';
    if (this.#chance(2)) return `[${gap}${parts.join(`,${gap}`)}${trailing}${gap}]`;
    const pairs = parts.map((part) => this.#flowPair(part));
    return `{${gap}${pairs.join(`,${gap}`)}${trailing}${gap}}`;
  }

  #flowPair(part: string): string {
    this.#keys += 1;
    const key = this.#random.pick([
      `f${this.#keys}`,
      `f${this.#keys}`,
      `f${this.#keys}`,
      `"f${this.#keys}"`,
      ...darkKeys.slice(0, 8),
      '<<',
      `? f${this.#keys}`,
    ]);
    return `${key}${this.#random.pick([': ', ': ', ': ', ':', ' : '])}${part}`;
  }

  #flowValue(depth: number): string {
    const kind = this.#random.below(depth >= maxDepth ? 8 : 10);
    if (kind < 4) return this.#random.pick(darkWords.filter((word) => !/[,[\]{}]/.test(word)));
    if (kind < 5) return this.#number();
    if (kind < 6) return this.#random.pick([...doubleQuoted, ...singleQuoted]).replaceAll('\n', '\n     ');
    if (kind < 7)
      return this.#random.pick([
        'a b',
        'a:b',
        'a#b',
        'http://x',
        '-x',
        '?x',
        'x y: z',
        '"a":1',
        '!!str 1',
        '&f x',
        '',
        '@x',
        '`x',
        '%x',
        'a\n      b',
      ]);
    if (kind < 8 && this.#anchors.length > 0) return `*${this.#anchor()}`;
    return this.#flow(depth);
  }
}

/** A generated file: one or more documents, with everything that may stand around them. */
export function generateYaml(seed: number): string {
  const random = new SeededRandom(seed);
  const chance = (oneIn: number): boolean => random.below(oneIn) === 0;
  const count = random.pick([1, 1, 1, 2, 3]);
  const parts = Array.from({ length: count }, () => new ObjectWriter(random).write());
  if (chance(8))
    parts.splice(
      random.below(parts.length + 1),
      0,
      random.pick(['', '# only a comment\n', '~\n', '{}\n', 'null\n', ' \n', '\t\n', '[]\n', 'text\n']),
    );
  const separator = (): string =>
    random.pick([
      '---\n',
      '---\n',
      '---\n',
      '--- # next\n',
      '---  \n',
      '...\n---\n',
      '---\t\n',
      '--- \n# c\n',
      '\n---\n',
      '... # end\n---\n',
      '---\n---\n',
    ]);
  let text = parts.reduce((all, part) => (all === '' ? part : all + separator() + part), '');
  if (chance(6))
    text =
      random.pick([
        '---\n',
        '# first\n',
        '\n\n',
        '--- # x\n',
        '# a\n---\n',
        '%YAML 1.1\n---\n',
        '%YAML 1.2\n---\n',
        '%TAG ! tag:x.org,2000:\n---\n',
        ' \n',
        '...\n',
        '--- ',
      ]) + text;
  if (chance(8))
    text += random.pick(['---\n', '...\n', '# last', '\n\n', '---', '...', '# a\n---\n# b\n', '\t', ' ']);
  if (chance(60)) text = text.replace('k1', `k1${random.pick(strayCharacters)}`);
  const ends = random.below(12);
  if (ends === 0) text = text.replaceAll('\n', '\r\n');
  if (ends === 1) text = text.replace(/\n+$/, '');
  if (chance(15)) text = `\ufeff${text}`;
  return text;
}
