import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';
import { SealiftError } from '../../core/index.ts';
import { BlockGuard } from '../block-guard.ts';
import { entrySubject } from '../entry-subject.ts';
import { InflationMeter } from '../inflation-meter.ts';
import type { UnpackLimits } from '../limits.ts';
import type { EntryKind, TarEntry } from '../tar-entry.ts';
import { guardTransform } from './guard-transform.ts';
import { watchIdle } from './idle-watch.ts';
import { type LayerContent, requireGzipLayer } from './layer-content.ts';
import type { TreeWriter } from './tree-writer.ts';

type Entry = Extract extends AsyncIterable<infer E> ? E : never;

/** Bytes written between two turns of the event loop: about 5 ms of synchronous work, so that health endpoints keep answering. */
const yieldEvery = 1024 * 1024;
/** What an entry costs besides its body, in bytes of writing: an inode. */
const entryCost = 16 * 1024;
/** At most larger than zlib's default, for fewer round trips to its thread; a small layer needs no such piece of memory. */
const maxGunzipChunk = 128 * 1024;
const minGunzipChunk = 4 * 1024;
/** Text becomes five to ten times as large. */
const usualInflation = 8;

const readerTypes: Readonly<Record<EntryKind, string>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  hardlink: 'link',
};

export interface ArchiveRequest {
  readonly content: LayerContent;
  readonly writer: TreeWriter;
  readonly limits: UnpackLimits;
  readonly strictLinks: boolean;
}

/** The guard's view of the next entry, which the reader has to share to the letter. */
function expectEntry(guard: BlockGuard, entry: Entry): TarEntry {
  const expected = guard.take();
  const { name, type, size } = entry.header;
  const same =
    expected !== undefined &&
    expected.name === name &&
    readerTypes[expected.kind] === type &&
    expected.size === size;
  if (same) return expected;
  throw new SealiftError(
    'ARCHIVE_MALFORMED',
    entrySubject(name),
    'expected two readers to see the same entry, got different ones',
  );
}

async function writeFile(entry: Entry, writer: TreeWriter, path: string): Promise<void> {
  const sink = writer.file(path);
  try {
    for await (const chunk of entry as AsyncIterable<Uint8Array>) sink.write(chunk);
  } finally {
    sink.close();
  }
}

async function writeEntry(entry: Entry, { kind, path }: TarEntry, writer: TreeWriter): Promise<void> {
  if (kind === 'file') {
    await writeFile(entry, writer, path);
    return;
  }
  if (kind === 'directory') writer.directory(path);
  entry.resume();
}

/** Writes what the reader yields; gives the paths of links, which are not made. */
async function writeEntries(reader: Extract, guard: BlockGuard, writer: TreeWriter): Promise<string[]> {
  const skipped: string[] = [];
  let work = 0;
  for await (const entry of reader) {
    const expected = expectEntry(guard, entry);
    await writeEntry(entry, expected, writer);
    if (expected.kind === 'symlink' || expected.kind === 'hardlink') skipped.push(expected.path);
    work += expected.size + entryCost;
    if (work >= yieldEvery) {
      work = 0;
      await setImmediate();
    }
  }
  return skipped;
}

async function* metered(
  content: AsyncIterable<Buffer>,
  meter: InflationMeter,
  touch: () => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    touch();
    meter.took(chunk.length);
    yield chunk;
    touch();
  }
}

/** Runs both to their end, whatever happens, so that nothing writes after an error has left; throws the first error. */
async function bothEnds<T>(flow: Promise<unknown>, work: Promise<T>): Promise<T> {
  let first: { readonly error: unknown } | undefined;
  const note = (error: unknown): void => {
    first ??= { error };
  };
  await Promise.all([flow.catch(note), work.catch(note)]);
  if (first !== undefined) throw (first as { readonly error: unknown }).error;
  return work;
}

/**
 * Unpacks a gzip tar into the writer's directory; gives the paths of the links that were left out. When it rejects, what was written is
 * worthless. Memory does not depend on the size of the archive.
 */
export async function unpackArchive(request: ArchiveRequest, signal: AbortSignal): Promise<string[]> {
  const { content, writer, limits, strictLinks } = request;
  const idle = watchIdle(limits.idleMs, content.subject);
  const stop = AbortSignal.any([signal, idle.signal]);
  const meter = new InflationMeter(limits, content.subject);
  const guard = new BlockGuard({ limits, strictLinks });
  const usual = Math.max(minGunzipChunk, usualInflation * content.layer.size);
  const chunkSize = Math.min(maxGunzipChunk, usual);
  const gunzip = createGunzip({ rejectGarbageAfterEnd: true, chunkSize });
  const reader = extract();
  try {
    const flow = pipeline(
      metered(requireGzipLayer(content, stop), meter, idle.touch),
      gunzip,
      guardTransform(guard, meter),
      reader,
      { signal: stop },
    );
    const skipped = await bothEnds(flow, writeEntries(reader, guard, writer));
    requireNothingLeft(guard, gunzip.bytesWritten, meter.compressed);
    return skipped;
  } catch (error) {
    if (idle.signal.aborted && !signal.aborted) throw idle.signal.reason;
    throw error;
  } finally {
    idle.stop();
  }
}

function requireNothingLeft(guard: BlockGuard, decompressed: number, given: number): void {
  if (decompressed !== given) {
    throw new SealiftError(
      'ARCHIVE_MALFORMED',
      'gzip stream',
      `expected ${given} compressed bytes to be used, got ${decompressed}`,
    );
  }
  const unseen = guard.take();
  if (unseen !== undefined) {
    throw new SealiftError(
      'ARCHIVE_MALFORMED',
      entrySubject(unseen.name),
      'expected two readers to see it, got one',
    );
  }
}
