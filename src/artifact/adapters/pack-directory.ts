import { constants } from 'node:fs';
import { type FileHandle, open, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { createGzip, constants as zlibConstants } from 'node:zlib';
import { asSealiftError, SealiftError } from '../../core/index.ts';
import { entrySubject } from '../entry-subject.ts';
import { defaultUnpackLimits, requireWithin } from '../limits.ts';
import { OccupiedPaths } from '../occupied-paths.ts';
import { safePath } from '../safe-path.ts';
import { compileIgnore, type IgnoreText, sourceIgnoreFile } from '../source-ignore.ts';
import { encodeEntry, endOfArchive, paddingAfter } from '../tar-encoder.ts';
import { untilAborted } from './until-aborted.ts';
import { type WalkedEntry, walkDirectory } from './walk-directory.ts';

export interface PackOptions {
  /** More patterns to leave out, in gitignore syntax; they come last and so have the last word. */
  readonly ignore?: string;
  readonly signal: AbortSignal;
}

const readBytes = 256 * 1024;
/** Fixed, since the level is part of the bytes; the slowest one, since an artifact is packed once and fetched by every site. */
const gzipLevel = 9;
/** Offset of the operating system in a gzip header, and "unknown": https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
const gzipSystemOffset = 9;
const gzipSystemUnknown = 255;

/** What would be refused at the sites is refused here, where somebody can change it. */
function requirePackable(entries: readonly WalkedEntry[]): void {
  const limits = defaultUnpackLimits;
  const paths = new OccupiedPaths();
  for (const entry of entries) paths.claim(safePath(entry.path, entry.kind, limits), entry.kind);
  requireWithin(limits, 'entries', entries.length + 1, 'artifact');
}

async function chooseEntries(root: string, options: PackOptions): Promise<readonly WalkedEntry[]> {
  const entries: WalkedEntry[] = [];
  const texts: IgnoreText[] = [];
  for await (const entry of walkDirectory(root, options.signal)) {
    entries.push(entry);
    if (entry.kind !== 'file' || path.posix.basename(entry.path) !== sourceIgnoreFile) continue;
    const directory = path.posix.dirname(entry.path);
    texts.push({
      directory: directory === '.' ? '' : directory,
      text: await readFile(path.join(root, entry.path), 'utf8'),
      origin: path.join(root, entry.path),
    });
  }
  if (options.ignore !== undefined) texts.push({ directory: '', text: options.ignore, origin: 'ignore' });
  const ignored = compileIgnore(texts, 'pack');
  const chosen = entries.filter((entry) => !ignored(entry.path, entry.kind === 'directory'));
  requirePackable(chosen);
  return chosen;
}

async function* readExactly(handle: FileHandle, size: number, file: string): AsyncGenerator<Buffer> {
  let left = size;
  while (left > 0) {
    const buffer = Buffer.allocUnsafe(Math.min(left, readBytes));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) {
      throw new SealiftError(
        'DISK_FAILED',
        file,
        `expected ${left} bytes more, got the end: it changed while it was packed`,
      );
    }
    left -= bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** What `cosign generate-key-pair` and `sealift keygen` write begins with one of these. */
const signingKeyHeads = [
  '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----',
  '-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----',
];

/** An artifact is public to whoever may pull it: the key that signs it has no place in it. */
function refuseSigningKey(begin: Buffer, name: string): void {
  const text = begin.toString('latin1', 0, 64);
  if (!signingKeyHeads.some((head) => text.startsWith(head))) return;
  throw new SealiftError(
    'USAGE',
    name,
    'is a private signing key; keep it outside the directory that is packed',
  );
}

async function* packFile(file: string, name: string): AsyncGenerator<Buffer> {
  await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  const { size, mode } = await handle.stat();
  requireWithin(defaultUnpackLimits, 'fileBytes', size, entrySubject(name));
  // The owner's bit alone, as Git keeps it: the others depend on the umask of whoever checked out.
  const executable = (mode & constants.S_IXUSR) !== 0;
  yield encodeEntry({ kind: 'file', path: name, executable, size });
  let isFirst = true;
  for await (const chunk of readExactly(handle, size, file)) {
    if (isFirst) refuseSigningKey(chunk, name);
    isFirst = false;
    yield chunk;
  }
  yield paddingAfter(size);
}

async function* packEntries(root: string, options: PackOptions): AsyncGenerator<Uint8Array> {
  if ((await stat(root)).isFile()) {
    const name = path.basename(root);
    requirePackable([{ kind: 'file', path: name }]);
    yield* packFile(await realpath(root), name);
    yield endOfArchive;
    return;
  }
  const entries = await chooseEntries(root, options);
  yield encodeEntry({ kind: 'directory', path: '.', executable: false, size: 0 });
  for (const { kind, path: name } of entries) {
    options.signal.throwIfAborted();
    if (kind === 'directory') yield encodeEntry({ kind, path: name, executable: false, size: 0 });
    else yield* packFile(path.join(root, name), name);
  }
  yield endOfArchive;
}

async function* withinTotal(tar: AsyncIterable<Uint8Array>, root: string): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of tar) {
    total += chunk.length;
    requireWithin(defaultUnpackLimits, 'totalBytes', total, root);
    if (chunk.length > 0) yield chunk;
  }
}

/** zlib writes the system it was built for; the rest of its header is already the same everywhere. */
async function* withoutSystem(gzip: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for await (const chunk of gzip) {
    const at = gzipSystemOffset - offset;
    if (at >= 0 && at < chunk.length) chunk[at] = gzipSystemUnknown;
    offset += chunk.length;
    yield chunk;
  }
}

/**
 * Packs a directory (or one file) as `flux push artifact` does: a gzip tar, sorted, the directory `.` first, relative names, owner 0, time 0,
 * modes 0644 and 0755, files and directories only. The same files give the same tar on every machine, and the same gzip bytes with the same
 * zlib. What `defaultUnpackLimits` would refuse is refused here.
 * @throws SealiftError ARCHIVE_PATH_UNSAFE, ARCHIVE_DUPLICATE_ENTRY, ARCHIVE_LIMIT_EXCEEDED, DISK_FAILED; the signal's reason when aborted.
 */
export async function* packDirectory(root: string, options: PackOptions): AsyncGenerator<Uint8Array> {
  const { signal } = options;
  signal.throwIfAborted();
  const absolute = path.resolve(root);
  const gzip = createGzip({ level: gzipLevel, memLevel: zlibConstants.Z_DEFAULT_MEMLEVEL });
  let failure: unknown;
  const flow = pipeline(withinTotal(packEntries(absolute, options), absolute), gzip, (error) => {
    failure = error ?? undefined;
  });
  try {
    yield* untilAborted(withoutSystem(flow), signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw asSealiftError(failure ?? error, absolute, 'DISK_FAILED');
  } finally {
    gzip.destroy();
  }
}
