import { plainText } from './leaf-text.ts';
import { isBranch, isComment, pairsOf, type SopsEntry, SopsFault, type SopsMap } from './sops-tree.ts';

/** The section of keys that stand before any section. */
const defaultSection = 'DEFAULT';

interface Section {
  readonly name: string;
  readonly entries: SopsEntry[];
}

function comment(lines: readonly string[]): readonly SopsEntry[] {
  if (lines.length === 0) return [];
  const [first = ''] = lines;
  const text = [first.replace(first.startsWith(';') ? /^[; ]+/ : /^[# ]+/, ''), ...lines.slice(1)].join('\n');
  return [{ kind: 'comment', text, inline: false }];
}

const quotes: readonly (readonly [open: string, close: string])[] = [
  ['"""', '"""'],
  ['`', '`'],
  ['"', '"'],
  ["'", "'"],
];

function unquoted(text: string): string {
  for (const [open, close] of quotes) {
    if (text.length >= open.length + close.length && text.startsWith(open) && text.endsWith(close)) {
      return text.slice(open.length, text.length - close.length);
    }
  }
  return text.replace(/\s[;#].*$/, '').trim();
}

function keyValue(line: string): readonly [key: string, value: string] {
  const at = line.search(/[=:]/);
  if (at <= 0) throw new SopsFault('expected KEY = VALUE or a section in every line');
  return [line.slice(0, at).trim(), unquoted(line.slice(at + 1).trim())];
}

class IniReader {
  readonly sections: Section[] = [{ name: defaultSection, entries: [] }];
  #waiting: string[] = [];

  line(line: string): void {
    if (line === '') return;
    if (/^[;#]/.test(line)) this.#waiting.push(line);
    else if (line.startsWith('[')) this.#section(line);
    else this.#pair(line);
  }

  #section(line: string): void {
    const end = line.lastIndexOf(']');
    if (end < 0) throw new SopsFault('expected ] at the end of a section');
    this.sections.push({ name: line.slice(1, end), entries: [...comment(this.#waiting.splice(0))] });
  }

  #pair(line: string): void {
    const [key, value] = keyValue(line);
    this.sections.at(-1)?.entries.push({ kind: 'pair', key, value }, ...comment(this.#waiting.splice(0)));
  }
}

/** Sections with keys; the comment above a key is kept behind it, as SOPS does. @throws SopsFault */
export function readIniTree(text: string): SopsMap {
  const reader = new IniReader();
  for (const line of text.split('\n')) reader.line(line.trim());
  const entries = reader.sections.map(({ name, entries: inner }): SopsEntry => {
    return { kind: 'pair', key: name, value: { kind: 'map', entries: inner } };
  });
  return { kind: 'map', entries };
}

function quoted(value: string): string {
  if (/[\n`]/.test(value)) return `"""${value}"""`;
  if (/[#;]/.test(value)) return `\`${value}\``;
  return value.trim() === value ? value : `"${value}"`;
}

function commentLines(text: string): readonly string[] {
  return text.split('\n').map((line) => (/^[;#]/.test(line) ? line : `; ${line}`));
}

function sectionLines(name: string, { entries }: SopsMap): readonly string[] {
  const width = Math.max(0, ...pairsOf({ kind: 'map', entries }).map(({ key }) => key.length));
  const lines: string[] = [];
  let last = -1;
  for (const entry of entries) {
    if (entry.kind === 'comment') {
      lines.splice(Math.max(last, 0), 0, ...commentLines(entry.text));
      continue;
    }
    if (isBranch(entry.value) || isComment(entry.value))
      throw new SopsFault('an INI file holds no maps and lists in a section');
    last = lines.push(`${entry.key.padEnd(width)} = ${quoted(plainText(entry.value))}`) - 1;
  }
  const [first] = entries;
  const above = first?.kind === 'comment' ? commentLines(first.text).length : 0;
  const head = name === defaultSection ? [] : [`[${name}]`];
  return [...lines.slice(0, above), ...head, ...lines.slice(above)];
}

/** @throws SopsFault for values that are no maps of scalars. */
export function writeIni(tree: SopsMap): string {
  const sections = pairsOf(tree).flatMap(({ key, value }) => {
    if (!isBranch(value) || value.kind !== 'map') throw new SopsFault('an INI file holds sections alone');
    if (key === defaultSection && value.entries.length === 0) return [];
    return sectionLines(key, value)
      .map((line) => `${line}\n`)
      .join('');
  });
  return sections.join('\n');
}
