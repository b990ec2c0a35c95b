import { fixedFloat, shortFloat } from './go-text.ts';
import { SopsFault, type SopsLeaf } from './sops-tree.ts';

function floatText(value: number): string {
  const text = Number.isInteger(value) ? `${fixedFloat(value)}.0` : shortFloat(value);
  return text.replace('e', 'E');
}

/** The text of a value in stores that know nothing but text. */
export function plainText(leaf: SopsLeaf): string {
  if (typeof leaf === 'string') return leaf;
  if (leaf === null) return '<nil>';
  if (typeof leaf !== 'object') return String(leaf);
  if (leaf.kind === 'bytes') throw new SopsFault('a value is not UTF-8');
  return leaf.kind === 'float' ? floatText(leaf.value) : leaf.text;
}
