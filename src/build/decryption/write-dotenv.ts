import { plainText } from './leaf-text.ts';
import { isBranch, SopsFault, type SopsMap } from './sops-tree.ts';

/** @throws SopsFault for values that are no scalars. */
export function writeDotenv(tree: SopsMap): string {
  const lines = tree.entries.map((entry) => {
    if (entry.kind === 'comment') return `#${entry.text}\n`;
    if (isBranch(entry.value)) throw new SopsFault('a dotenv file holds no maps and lists');
    const { value } = entry;
    const text = typeof value === 'string' ? value.replaceAll('\n', '\\n') : plainText(value);
    return `${entry.key}=${text}\n`;
  });
  return lines.join('');
}
