import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { describe, expect, it } from 'vitest';
import { readFully, readQuickly } from '../fixtures/both-readers.ts';

const vectors = join(import.meta.dirname, '..', '..', '..', 'shared', 'vectors');
const missing = !existsSync(vectors);
if (missing) stderr.write(`skipped: no ${vectors}\n`);

function yamlFiles(): readonly string[] {
  if (missing) return [];
  return readdirSync(vectors, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

describe.skipIf(missing)('every YAML file of the vectors', () => {
  const files = yamlFiles().map((path) => readFileSync(path, 'utf8'));

  it.each(['source', 'printed'] as const)(
    'reads the same by the quick reader as by the full one: %s',
    (rules) => {
      const counts = { quick: 0, full: 0 };
      for (const text of files) {
        const quick = readQuickly(text, rules);
        counts[quick === undefined ? 'full' : 'quick'] += 1;
        if (quick !== undefined) expect(quick).toEqual(readFully(text, rules));
      }
      // The rest are mostly lists and templates.
      expect(counts.quick).toBeGreaterThan(counts.full * 3);
      // The full reader takes half a minute for all of them on a busy machine.
    },
    600_000,
  );
});
