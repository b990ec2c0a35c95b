import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './house/link-packages.ts';

describe('docs/oci-client-ts.md', () => {
  let folder: string;
  let generated: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sealift-api-'));
    const page = path.join(folder, 'page.md');
    await promisify(execFile)(process.execPath, [path.join(root, 'scripts/api-page.ts'), page]);
    generated = await readFile(page, 'utf8');
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is what the comments in the code say', async () => {
    const written = await readFile(path.join(root, 'docs/oci-client-ts.md'), 'utf8');
    expect(written, 'run `npm run docs:api`').toBe(generated);
  });

  it('holds every name of the door', async () => {
    const door = await readFile(path.join(root, 'src/oci-client-ts/index.ts'), 'utf8');
    const names = door.match(/\b\w+(?=\s*[,}])/g) ?? [];
    expect(names.length).toBeGreaterThan(50);
    expect(generated.match(/(?<=^### )\w+$/gm)?.sort()).toEqual(names.sort());
  });
});
