// Rewrites docs/errors.md from the table in src/core: `npm run docs:errors`. The column "means" is written by hand and kept.
import { readFile, writeFile } from 'node:fs/promises';
import { type ErrorCode, errorTable, type RetryClass } from '../src/core/index.ts';

const page = new URL('../docs/errors.md', import.meta.url);
const unwritten = 'TO BE WRITTEN';

const retried: Record<RetryClass, string> = {
  backoff: 'yes, ever more slowly',
  'on-change': 'when its input changes',
  never: 'no',
};

const head = `# Errors

Every failure that Sealift reports carries one of these codes: in the log, in the status of the object, in the answer of a command
and in its JSON. A code never changes its meaning and a retired code is not used again. \`npm run docs:errors\` rewrites this
page from \`src/core/errors.ts\`, only the column "means" is written by hand; a test holds both equal.

**Origin** says whom to talk to: the \`registry\`, the maker of the \`artifact\`, the keeper of the keys (\`trust\`) or of the \`policy\`,
the keeper of the \`sigstore\` services, the \`target\` that objects go to, the \`disk\` of the site, or whoever wrote the \`config\`.
**Retried** says whether Sealift tries again by itself: *${retried.backoff}* (the same input may work later), *${retried['on-change']}*
(only another input can work: a new revision, another spec, another key), or *${retried.never}*.

| Code | Origin | Retried | Means | What to do |
| --- | --- | --- | --- | --- |
`;

function writtenMeanings(text: string): Map<string, string> {
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  return new Map(
    rows.map((row) => {
      const [, code = '', , , meaning = ''] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
      return [code.replaceAll('`', ''), meaning];
    }),
  );
}

const asCell = (text: string): string => text.replaceAll('|', '\\|');
const meanings = writtenMeanings(await readFile(page, 'utf8'));
const codes = Object.keys(errorTable) as ErrorCode[];
const rows = codes.map((code) => {
  const { origin, retry, next } = errorTable[code];
  const cells = [`\`${code}\``, origin, retried[retry], meanings.get(code) ?? unwritten, asCell(next)];
  return `| ${cells.join(' | ')} |\n`;
});
await writeFile(page, head + rows.join(''));
const open = codes.filter((code) => (meanings.get(code) ?? unwritten) === unwritten);
console.log(
  `docs/errors.md: ${codes.length} codes${open.length > 0 ? `; say what they mean: ${open.join(', ')}` : ''}`,
);
