import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SealiftError } from '../../core/index.ts';
import { entrySubject } from '../entry-subject.ts';
import { compileIgnore, type IgnoreText, ignoreLimits, sourceIgnoreFile } from '../source-ignore.ts';
import type { TreeWriter } from './tree-writer.ts';

/** Decisions between two turns of the event loop: some milliseconds with a few dozen patterns. */
const decisionsPerTurn = 256;

function depthOf(relative: string): number {
  return relative.split('/').length;
}

/** The ignore files of the tree, from the root downwards. */
async function ignoreTexts(root: string, writer: TreeWriter): Promise<readonly IgnoreText[]> {
  const found = [...writer.files]
    .filter(([file]) => path.posix.basename(file) === sourceIgnoreFile)
    .toSorted(([a], [b]) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
  const texts: IgnoreText[] = [];
  for (const [file, size] of found) {
    if (size > ignoreLimits.textBytes) {
      throw new SealiftError(
        'ARCHIVE_LIMIT_EXCEEDED',
        entrySubject(file),
        `expected at most ${ignoreLimits.textBytes} bytes (limit ignore.textBytes), got ${size}`,
      );
    }
    const directory = path.posix.dirname(file);
    texts.push({
      directory: directory === '.' ? '' : directory,
      text: await readFile(path.join(root, file), 'utf8'),
      origin: entrySubject(file),
    });
  }
  return texts;
}

/** Removes from a fresh tree what its `.sourceignore` files and `spec.ignore` leave out, as Flux does before it serves an artifact. */
export async function pruneIgnored(
  root: string,
  writer: TreeWriter,
  specIgnore: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const texts = [...(await ignoreTexts(root, writer))];
  if (specIgnore !== undefined) texts.push({ directory: '', text: specIgnore, origin: 'spec.ignore' });
  const ignored = compileIgnore(texts, 'unpack');
  let decisions = 0;
  const decide = async (relative: string, directory: boolean): Promise<boolean> => {
    decisions += 1;
    if (decisions % decisionsPerTurn === 0) await setImmediate();
    signal.throwIfAborted();
    return ignored(relative, directory);
  };
  for (const file of [...writer.files.keys()]) {
    if (await decide(file, false)) writer.removeFile(file);
  }
  await pruneDirectories(writer, (directory) => decide(directory, true));
}

/** An ignored directory goes once it is empty: a file in it may have been brought back by `!`. */
async function pruneDirectories(
  writer: TreeWriter,
  ignored: (directory: string) => Promise<boolean>,
): Promise<void> {
  const occupied = new Set<string>();
  const occupy = (relative: string): void => {
    const parent = path.posix.dirname(relative);
    if (parent === '.' || occupied.has(parent)) return;
    occupied.add(parent);
    occupy(parent);
  };
  for (const file of writer.files.keys()) occupy(file);
  const deepestFirst = [...writer.directories].toSorted((a, b) => depthOf(b) - depthOf(a));
  for (const directory of deepestFirst) {
    const goes = !occupied.has(directory) && (await ignored(directory));
    if (goes) writer.removeDirectory(directory);
    else occupy(directory);
  }
}
