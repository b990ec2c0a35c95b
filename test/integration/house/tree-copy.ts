import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { linkPackages, root } from './link-packages.ts';

const left = new Set(['node_modules', '.git', 'dist', 'coverage']);

export interface Outcome {
  readonly status: number | null;
  /** Standard output and standard error, in this order. */
  readonly text: string;
}

/** A copy of the whole tree in a temporary folder, to plant faults in. */
export interface TreeCopy {
  /** Writes files into the copy: their path from the root, and their text. */
  plant(files: Readonly<Record<string, string>>): Promise<void>;
  /** Runs a command of node_modules/.bin or node itself in the root of the copy. */
  run(command: string, ...args: string[]): Outcome;
  remove(): Promise<void>;
}

export async function copyTree(): Promise<TreeCopy> {
  const copy = await mkdtemp(path.join(tmpdir(), 'sealift-house-'));
  await cp(root, copy, {
    recursive: true,
    filter: (file) =>
      !path
        .relative(root, file)
        .split(path.sep)
        .some((part) => left.has(part)),
  });
  await linkPackages(copy);
  const bin = path.join(root, 'node_modules/.bin');
  return {
    async plant(files) {
      for (const [file, text] of Object.entries(files)) {
        await mkdir(path.dirname(path.join(copy, file)), { recursive: true });
        await writeFile(path.join(copy, file), text);
      }
    },
    run(command, ...args) {
      const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: copy, NO_COLOR: '1' };
      const { status, stdout, stderr } = spawnSync(command, args, { cwd: copy, env, encoding: 'utf8' });
      return { status, text: `${stdout}${stderr}` };
    },
    remove: () => rm(copy, { recursive: true, force: true }),
  };
}
