import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory, syncDirectory } from './make-directory.ts';

/** Most files are small; each further piece is four times as large as the one before. */
const minPieceBytes = 4 * 1024;
/** What comes while a write is under way is gathered up to this; a write for each piece off the wire would cost more than its bytes. */
const maxPieceBytes = 256 * 1024;

/**
 * A file under a temporary name, in the file system of its final place; durable once `moveTo` returned. Bytes are taken at once and
 * written while more come in; a write that failed is told by a later call, `flush` and `moveTo` at the latest.
 */
export class TempFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #size = 0;
  #piece: Uint8Array | undefined;
  #spare: Uint8Array | undefined;
  #nextBytes = minPieceBytes;
  #filled = 0;
  /** Ends with the write under way, and then the next one has begun; stays when it failed. */
  #writing: Promise<void> | undefined;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  static async create(directory: string, name: string = `${process.pid}-${randomUUID()}`): Promise<TempFile> {
    await makeDirectory(directory);
    const path = join(directory, name);
    return new TempFile(path, await open(path, 'wx+', 0o644));
  }

  /** Bytes taken so far. */
  get size(): number {
    return this.#size;
  }

  /** The bytes are the caller's again when this returns. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      if (this.#filled === this.#piece?.byteLength) await this.#writing;
      this.#piece ??= this.#room();
      const taken = bytes.subarray(at, at + this.#piece.byteLength - this.#filled);
      this.#piece.set(taken, this.#filled);
      this.#filled += taken.byteLength;
      this.#size += taken.byteLength;
      at += taken.byteLength;
      if (this.#writing === undefined) this.#start(this.#piece);
    }
  }

  /** Returns once all bytes taken are in the file, so that others can read them. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #room(): Uint8Array {
    const room = Buffer.allocUnsafeSlow(this.#nextBytes);
    this.#nextBytes = Math.min(maxPieceBytes, 4 * this.#nextBytes);
    return room;
  }

  #start(piece: Uint8Array): void {
    const bytes = piece.subarray(0, this.#filled);
    const position = this.#size - this.#filled;
    this.#piece = this.#spare?.byteLength === maxPieceBytes ? this.#spare : undefined;
    this.#spare = piece;
    this.#filled = 0;
    this.#writing = this.#write(bytes, position).then(() => {
      this.#writing = undefined;
      if (this.#piece !== undefined && this.#filled > 0) this.#start(this.#piece);
    });
    // Whoever waits next is told.
    this.#writing.catch(() => {});
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.byteLength - at, position + at);
      at += bytesWritten;
    }
  }

  /** Replaces `path` in one step: whoever looks sees the old content or the new, also after a power cut. */
  async moveTo(path: string): Promise<void> {
    await this.flush();
    // Content may have waited for its name for long; collection counts from here.
    const now = new Date();
    await this.#handle.utimes(now, now);
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.path, path);
    await syncDirectory(dirname(path));
  }

  /** Leaves what was taken so far under the temporary name; nothing when that fails. */
  async keep(): Promise<void> {
    try {
      await this.flush();
      await this.#handle.close();
    } catch {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    await this.flush().catch(() => {});
    await this.#handle.close().catch(() => {});
    await rm(this.path, { force: true });
  }
}
