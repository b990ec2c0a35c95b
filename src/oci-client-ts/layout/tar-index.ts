import type { FileHandle } from 'node:fs/promises';
import { parsePaxRecords } from './pax-records.ts';
import type { ByteRange } from './read-file.ts';
import { parseTarHeader, type TarHeader, tarBlockBytes, tarFault, textOf } from './tar-header.ts';

/** A layout of 10,000 images with ten layers each; about 20 MB of names and offsets. */
const maxEntries = 100_000;
/** Bytes of an extended header: a path of 1,024 bytes and some times need a hundredth of it. */
const maxMetadataBytes = 64 * 1024;
/** Zeros behind the end: tools pad to records of 10 KiB, some to 1 MiB. */
const maxPaddingBytes = 1024 * 1024;

/** What the headers before an entry say about it. */
interface Pending {
  readonly path?: string;
  readonly size?: number;
}

/** Where each file of a tar lies in it. Links and directories are passed over. One pass over the headers; no content is read. */
export async function readTarIndex(
  handle: FileHandle,
  subject: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, ByteRange>> {
  const { size } = await handle.stat();
  const walk = new TarWalk(handle, size, subject);
  while (await walk.step()) signal?.throwIfAborted();
  return walk.files;
}

class TarWalk {
  readonly files = new Map<string, ByteRange>();
  readonly #handle: FileHandle;
  readonly #end: number;
  readonly #subject: string;
  /** Directories and links count as well: a name must mean one thing. */
  readonly #names = new Set<string>();
  #offset = 0;
  #entries = 0;
  #pending: Pending | undefined;

  constructor(handle: FileHandle, end: number, subject: string) {
    this.#handle = handle;
    this.#end = end;
    this.#subject = subject;
  }

  /** False at the end of the archive. */
  async step(): Promise<boolean> {
    const block = await this.#read(tarBlockBytes);
    this.#skip(tarBlockBytes);
    const header = parseTarHeader(block, this.#subject);
    if (header === undefined) {
      await this.#checkEnd();
      return false;
    }
    this.#entries += 1;
    if (this.#entries > maxEntries) throw this.#fault(`expected at most ${maxEntries} entries, got more`);
    if (header.kind === 'file' || header.kind === 'directory' || header.kind === 'link') this.#enter(header);
    else await this.#describe(header);
    return true;
  }

  #enter({ kind, size, name }: TarHeader): void {
    const path = this.#pathOf(this.#pending?.path ?? name, kind);
    const agreed = this.#pending?.size ?? size;
    // Readers differ on which of the two counts, and would find other entries behind it.
    if (agreed !== size) throw this.#fault(`${path}: expected the size ${size} of the header, got ${agreed}`);
    this.#pending = undefined;
    if (path !== '') {
      if (this.#names.has(path)) throw this.#fault(`expected ${path} once, got it twice`);
      this.#names.add(path);
    }
    const start = this.#offset;
    this.#skip(size);
    if (kind === 'file') this.files.set(path, { start, end: start + size });
  }

  /** Without `./` before and `/` behind; '' for the archive's own directory. */
  #pathOf(name: string, kind: TarHeader['kind']): string {
    const shown = JSON.stringify(name.slice(0, 200));
    if (kind === 'file' && name.endsWith('/'))
      throw this.#fault(`${shown}: expected a file, got a directory's name`);
    const path = name.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '');
    if (path === '.' || path === '') return '';
    const parts = path.split('/');
    if (path.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..')) {
      throw this.#fault(`${shown}: expected a plain path inside of the archive`);
    }
    return path;
  }

  async #describe({ kind, size }: TarHeader): Promise<void> {
    if (this.#pending !== undefined) throw this.#fault('expected an entry after an extended header');
    if (size > maxMetadataBytes) {
      throw this.#fault(`expected an extended header of at most ${maxMetadataBytes} bytes, got ${size}`);
    }
    const body = await this.#read(size);
    this.#skip(size);
    if (kind === 'long-name') {
      this.#pending = { path: textOf(body, this.#subject) };
      return;
    }
    const records = parsePaxRecords(body, this.#subject);
    const strange = [...records.keys()].find((key) => changesContent(key, kind));
    if (strange !== undefined)
      throw this.#fault(`PAX record ${JSON.stringify(strange.slice(0, 80))} is not read here`);
    if (kind === 'pax-global') return;
    const path = records.get('path');
    const length = records.get('size');
    this.#pending = {
      ...(path === undefined ? {} : { path }),
      ...(length === undefined ? {} : { size: /^\d{1,15}$/.test(length) ? Number(length) : Number.NaN }),
    };
  }

  /** Two blocks of zeros, and nothing but zeros behind. */
  async #checkEnd(): Promise<void> {
    if (this.#pending !== undefined) throw this.#fault('expected an entry after an extended header');
    const rest = this.#end - this.#offset;
    if (rest < tarBlockBytes) throw this.#fault('expected two blocks of zeros at the end, got one');
    if (rest > maxPaddingBytes) {
      throw this.#fault(`expected at most ${maxPaddingBytes} bytes behind the end, got ${rest}`);
    }
    const padding = await this.#read(rest);
    if (padding.some((byte) => byte !== 0)) throw this.#fault('expected nothing but zeros behind the end');
  }

  /** Whole blocks. */
  #skip(bytes: number): void {
    this.#offset += bytes + (-bytes & (tarBlockBytes - 1));
    if (this.#offset > this.#end) throw this.#cut();
  }

  /** What comes next; the place stays. */
  async #read(length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#handle.read(buffer, done, length - done, this.#offset + done);
      if (bytesRead === 0) throw this.#cut();
      done += bytesRead;
    }
    return buffer;
  }

  #cut(): Error {
    return this.#fault(`expected more of the archive, it ends after ${this.#end} bytes`);
  }

  #fault(detail: string): Error {
    return tarFault(this.#subject, detail);
  }
}

/** A comment may stand for all entries; nothing else may, since readers differ on it. */
function changesContent(key: string, kind: TarHeader['kind']): boolean {
  if (kind === 'pax-global') return key !== 'comment';
  return key === 'linkpath' || key.startsWith('GNU.');
}
