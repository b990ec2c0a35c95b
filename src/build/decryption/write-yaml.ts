import {
  isBranch,
  isComment,
  type SopsComment,
  type SopsList,
  type SopsMap,
  type SopsValue,
} from './sops-tree.ts';
import { yamlIndent, yamlKey, yamlScalar } from './yaml-scalar.ts';

/** What is written of a map or list at one column, line by line. */
interface Block {
  readonly lines: string[];
  readonly column: number;
  /** Comments that stand above the next value, and behind it. */
  above: string[];
  behind: string[];
}

function nextColumn(column: number): number {
  return yamlIndent * Math.floor((column + yamlIndent) / yamlIndent);
}

function keepComment(block: Block, { text, inline }: SopsComment): void {
  (inline ? block.behind : block.above).push(`#${text}`);
}

/** Writes the comments that wait for a value; answers what stands behind it. */
function takeComments(block: Block): string {
  const pad = ' '.repeat(block.column);
  block.lines.push(...block.above.map((comment) => pad + comment));
  const behind = block.behind.length === 0 ? '' : ` ${block.behind.join(`\n${pad}`)}`;
  block.above = [];
  block.behind = [];
  return behind;
}

/** Comments behind the last value of a map or list. */
function finish(block: Block): readonly string[] {
  block.above.push(...block.behind.splice(0));
  takeComments(block);
  return block.lines;
}

function isEmpty(value: SopsMap | SopsList): boolean {
  return value.kind === 'map'
    ? value.entries.every((entry) => entry.kind === 'comment')
    : value.items.every((item) => isComment(item));
}

/** Comments stand behind the mark of a block, not behind its last line. */
function withComment(text: string, comment: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? text + comment : text.slice(0, end) + comment + text.slice(end);
}

function mapLines(map: SopsMap, column: number): readonly string[] {
  const block: Block = { lines: [], column, above: [], behind: [] };
  for (const entry of map.entries) {
    if (entry.kind === 'comment') {
      keepComment(block, entry);
      continue;
    }
    const behind = takeComments(block);
    const head = `${' '.repeat(column)}${yamlKey(entry.key)}:`;
    block.lines.push(...valueLines(entry.value, head, behind, nextColumn(column)));
  }
  return finish(block);
}

function valueLines(value: SopsValue, head: string, behind: string, column: number): readonly string[] {
  if (isComment(value)) return [`${head} null`];
  if (!isBranch(value)) return withComment(`${head} ${yamlScalar(value, column)}`, behind).split('\n');
  if (isEmpty(value)) return [`${head} ${value.kind === 'map' ? '{}' : '[]'}${behind}`];
  const lines = value.kind === 'map' ? mapLines(value, column) : listLines(value, column);
  return [head + behind, ...lines];
}

function listLines(list: SopsList, column: number): readonly string[] {
  const block: Block = { lines: [], column, above: [], behind: [] };
  for (const item of list.items) {
    if (isComment(item)) {
      keepComment(block, item);
      continue;
    }
    const behind = takeComments(block);
    block.lines.push(...itemLines(item, column, behind));
  }
  return finish(block);
}

function itemLines(item: SopsValue, column: number, behind: string): readonly string[] {
  const dash = `${' '.repeat(column)}-`;
  if (!isBranch(item) || isEmpty(item)) return valueLines(item, dash, behind, column + 2);
  const lines = item.kind === 'map' ? mapLines(item, column + 2) : listLines(item, column + 2);
  const first = lines.findIndex((line) => !line.trimStart().startsWith('#'));
  // Its first line stands behind the dash; comments above it come before the dash.
  return lines.map((line, index) => {
    if (index < first) return line.slice(2);
    return index === first ? `${dash} ${line.trimStart()}` : line;
  });
}

/** YAML as SOPS writes it through go-yaml. */
export function writeYaml(trees: readonly SopsMap[]): string {
  const documents = trees.map((tree) => {
    return isEmpty(tree) ? '{}\n' : `${mapLines(tree, 0).join('\n')}\n`;
  });
  return documents.join('---\n');
}
