import { jsonString } from './go-text.ts';
import { isComment, pairsOf, SopsFault, type SopsLeaf, type SopsMap, type SopsValue } from './sops-tree.ts';

function leaf(value: Exclude<SopsLeaf, { kind: 'comment' }>): string {
  if (typeof value === 'string') return jsonString(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (value.kind === 'bytes') throw new SopsFault('a value is not UTF-8');
  // JavaScript and Go agree on the form of numbers in JSON.
  return value.kind === 'float' ? String(value.value) : jsonString(value.text);
}

function block(open: string, parts: readonly string[], close: string, indent: string): string {
  if (parts.length === 0) return open + close;
  const inner = `\n${indent}\t`;
  return `${open}${inner}${parts.join(`,${inner}`)}\n${indent}${close}`;
}

function valueText(value: Exclude<SopsValue, { kind: 'comment' }>, indent: string): string {
  if (typeof value !== 'object' || value === null) return leaf(value);
  if (value.kind === 'map') {
    const pairs = pairsOf(value).flatMap((pair) =>
      isComment(pair.value) ? [] : [`${jsonString(pair.key)}: ${valueText(pair.value, `${indent}\t`)}`],
    );
    return block('{', pairs, '}', indent);
  }
  if (value.kind !== 'list') return leaf(value);
  const items = value.items.flatMap((item) => (isComment(item) ? [] : [valueText(item, `${indent}\t`)]));
  return block('[', items, ']', indent);
}

/** JSON as SOPS writes it: indented by tabs, without comments. @throws SopsFault */
export function writeJson(tree: SopsMap): string {
  return `${valueText(tree, '')}\n`;
}
