import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file under a temporary name, in the file system of its final place; durable once `moveTo` returned. */
export class TempFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #size = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  static async create(directory: string): Promise<TempFile> {
    await mkdir(directory, { recursive: true });
    const path = join(directory, `${process.pid}-${randomUUID()}`);
    return new TempFile(path, await open(path, 'wx+', 0o644));
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.byteLength) {
      const { bytesWritten } = await this.#handle.write(
        bytes,
        written,
        bytes.byteLength - written,
        this.#size + written,
      );
      written += bytesWritten;
    }
    this.#size += written;
  }

  /** Replaces `path` in one step: whoever looks sees the old content or the new, also after a power cut. */
  async moveTo(path: string): Promise<void> {
    // Content may have waited for its name for long; collection counts from here.
    const now = new Date();
    await this.#handle.utimes(now, now);
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.path, path);
    await syncDirectory(dirname(path));
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await rm(this.path, { force: true });
  }
}

/** Makes the names in a directory durable. Windows cannot open a directory for this and needs it not. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates a directory whose name survives a power cut. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await syncDirectory(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}
