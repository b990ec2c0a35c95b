import { mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';

/** Root of the project. */
export const root = path.resolve(import.meta.dirname, '../../..');

/** Gives a copy of the tree its node_modules: packages are links to the real ones, the workspace is the copy's own. */
export async function linkPackages(copy: string): Promise<void> {
  await mkdir(path.join(copy, 'node_modules'), { recursive: true });
  for (const name of await readdir(path.join(root, 'node_modules'))) {
    if (name === '.cache') continue;
    const target = name === 'oci-client-ts' ? '../src/oci-client-ts' : path.join(root, 'node_modules', name);
    await symlink(target, path.join(copy, 'node_modules', name));
  }
}
