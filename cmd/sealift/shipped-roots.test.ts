import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shippedRoots } from './shipped-roots.ts';

const folder = join(import.meta.dirname, '../../policies/trust');

describe('trusted roots that come with the program', () => {
  it.each(shippedRoots)(
    '$name is its file, byte for byte, as the page beside it says',
    ({ name, content, since }) => {
      expect(Buffer.compare(content, readFileSync(join(folder, `${name}.json`)))).toBe(0);
      const page = readFileSync(join(folder, 'README.md'), 'utf8');
      expect(page).toContain(createHash('sha256').update(content).digest('hex'));
      expect(page).toContain(new Date(since).toISOString().slice(0, 10));
    },
  );
});
