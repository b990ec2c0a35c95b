import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectRef } from '../../src/core/index.ts';
import { fileNameOf } from '../../src/target/file-name.ts';
import { createDirectoryTarget } from '../../src/target/index.ts';
import type { TargetUnderTest } from './target-contract.ts';

export interface DirectoryUnderTest extends TargetUnderTest {
  /** Inside a temporary directory; the target has to make it. */
  readonly directory: string;
  fileOf(ref: ObjectRef): string;
}

/** A directory target with its files within reach. */
export async function openDirectory(): Promise<DirectoryUnderTest> {
  const home = await mkdtemp(join(tmpdir(), 'sealift-target-'));
  const directory = join(home, 'made', 'by-target');
  const fileOf = (ref: ObjectRef): string => join(directory, fileNameOf(ref));
  const target = createDirectoryTarget({ directory });
  return {
    target,
    directory,
    fileOf,
    text: (ref) => readFile(fileOf(ref), 'utf8').catch(() => undefined),
    edit: async (ref, text) => {
      await mkdir(directory, { recursive: true });
      if (text === undefined) await rm(fileOf(ref));
      else await writeFile(fileOf(ref), text);
    },
    close: () => rm(home, { recursive: true }),
  };
}
