import { type SopsEntry, SopsFault, type SopsMap } from './sops-tree.ts';

/** Lines `KEY=VALUE`, `\n` for a line break, and `#` for comments. @throws SopsFault */
export function readDotenvTree(text: string): SopsMap {
  const entries = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): SopsEntry => {
      if (line.startsWith('#')) return { kind: 'comment', text: line.slice(1), inline: false };
      const at = line.indexOf('=');
      if (at < 0) throw new SopsFault('expected KEY=VALUE in every line');
      return { kind: 'pair', key: line.slice(0, at), value: line.slice(at + 1).replaceAll('\\n', '\n') };
    });
  return { kind: 'map', entries };
}
