import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectRef } from '../../src/core/index.ts';
import { fileNameOf } from '../../src/target/directory/file-name.ts';
import { createDirectoryTarget } from '../../src/target/index.ts';
import { handOver, type TextTargetUnderTest } from './text-target-contract.ts';

export interface DirectoryUnderTest extends TextTargetUnderTest {
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
  const texts = {
    text: (ref: ObjectRef) => readFile(fileOf(ref), 'utf8').catch(() => undefined),
    edit: async (ref: ObjectRef, text: string | undefined) => {
      await mkdir(directory, { recursive: true });
      if (text === undefined) await rm(fileOf(ref));
      else await writeFile(fileOf(ref), text);
    },
  };
  return {
    ...texts,
    ...handOver(texts),
    target,
    directory,
    fileOf,
    close: () => rm(home, { recursive: true }),
  };
}
