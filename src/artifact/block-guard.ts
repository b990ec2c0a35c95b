import { SealiftError } from '../core/index.ts';
import { entrySubject } from './entry-subject.ts';
import { requireWithin, type UnpackLimits } from './limits.ts';
import { OccupiedPaths } from './occupied-paths.ts';
import { PendingMetadata } from './pending-metadata.ts';
import { safePath } from './safe-path.ts';
import type { TarEntry } from './tar-entry.ts';
import {
  blockBytes,
  decodeTarHeader,
  type EntryHeader,
  isMetadata,
  type MetadataHeader,
  type MetadataKind,
} from './tar-header.ts';

export interface GuardOptions {
  readonly limits: UnpackLimits;
  /** Refuse links instead of listing them. */
  readonly strictLinks: boolean;
}

interface OpenMetadata {
  readonly kind: MetadataKind;
  readonly body: Buffer;
  filled: number;
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}

/**
 * Judges a tar as it streams by, before any reader sees a byte of it: what passes means the same to every reader. The bytes are hostile.
 * Memory: one block, one metadata body, the paths seen. Each accepted entry can be taken once, in order.
 */
export class BlockGuard {
  readonly #options: GuardOptions;
  readonly #block = Buffer.alloc(blockBytes);
  #blockFilled = 0;
  #blocks = 0;
  /** Bytes of the open body, then of its padding, still to come. */
  #bodyLeft = 0;
  #paddingLeft = 0;
  #metadata: OpenMetadata | undefined;
  readonly #pending = new PendingMetadata();
  readonly #paths = new OccupiedPaths();
  #zeroBlocks = 0;
  #entries = 0;
  #queue: TarEntry[] = [];
  #taken = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Judges the next bytes. @throws SealiftError with an ARCHIVE code; after that the archive is refused as a whole. */
  push(chunk: Buffer): void {
    for (let rest = chunk; rest.length > 0; ) rest = rest.subarray(this.#consume(rest));
  }

  /** Judges the end. @throws SealiftError ARCHIVE_MALFORMED. */
  end(): void {
    if (this.#bodyLeft > 0 || this.#paddingLeft > 0 || this.#blockFilled > 0) {
      throw this.#malformed(
        `expected ${this.#bodyLeft + this.#paddingLeft} bytes more of a body, got the end inside a block`,
      );
    }
    if (this.#zeroBlocks < 2) {
      throw this.#malformed(`expected two zero blocks at the end, got ${this.#zeroBlocks}`);
    }
  }

  /** The next accepted entry; `undefined` when there is none yet. */
  take(): TarEntry | undefined {
    const entry = this.#queue[this.#taken];
    if (entry === undefined) return undefined;
    this.#taken += 1;
    if (this.#taken === this.#queue.length) {
      this.#queue = [];
      this.#taken = 0;
    }
    return entry;
  }

  #consume(bytes: Buffer): number {
    if (this.#bodyLeft > 0) return this.#consumeBody(bytes);
    if (this.#paddingLeft > 0) {
      const count = Math.min(this.#paddingLeft, bytes.length);
      this.#paddingLeft -= count;
      return count;
    }
    if (this.#blockFilled === 0 && bytes.length >= blockBytes) {
      this.#onBlock(bytes.subarray(0, blockBytes));
      return blockBytes;
    }
    const count = bytes.copy(this.#block, this.#blockFilled, 0, blockBytes - this.#blockFilled);
    this.#blockFilled += count;
    if (this.#blockFilled === blockBytes) {
      this.#blockFilled = 0;
      this.#onBlock(this.#block);
    }
    return count;
  }

  #consumeBody(bytes: Buffer): number {
    const count = Math.min(this.#bodyLeft, bytes.length);
    this.#bodyLeft -= count;
    const metadata = this.#metadata;
    if (metadata === undefined) return count;
    bytes.copy(metadata.body, metadata.filled, 0, count);
    metadata.filled += count;
    if (this.#bodyLeft === 0) {
      this.#metadata = undefined;
      this.#pending.add(metadata.kind, metadata.body, this.#where());
    }
    return count;
  }

  #onBlock(block: Buffer): void {
    this.#blocks += 1;
    if (isZero(block)) {
      if (!this.#pending.empty)
        throw this.#malformed('expected an entry after its extended header, got the end');
      this.#zeroBlocks += 1;
      return;
    }
    if (this.#zeroBlocks > 0) {
      throw this.#malformed('expected only zeros after a zero block, got other bytes');
    }
    const header = decodeTarHeader(block, this.#where());
    if (isMetadata(header)) this.#openMetadata(header);
    else this.#onEntry(header);
    this.#bodyLeft = header.size;
    this.#paddingLeft = -header.size & (blockBytes - 1);
    this.#blocks += Math.ceil(header.size / blockBytes);
  }

  #openMetadata(header: MetadataHeader): void {
    // The others are bounded by the entry that has to follow them.
    if (header.kind === 'pax-global') this.#countEntry(this.#where());
    requireWithin(this.#options.limits, 'metadataBytes', header.size, this.#where());
    if (header.size === 0) throw this.#malformed('expected records in an extended header, got none');
    this.#metadata = { kind: header.kind, body: Buffer.alloc(header.size), filled: 0 };
  }

  #onEntry(header: EntryHeader): void {
    const { limits, strictLinks } = this.#options;
    const { kind, size } = header;
    const name = this.#pending.settle(header, this.#where());
    const subject = entrySubject(name);
    const path = safePath(name, kind, limits);
    if (strictLinks && (kind === 'symlink' || kind === 'hardlink')) {
      throw new SealiftError(
        'ARCHIVE_ENTRY_REFUSED',
        subject,
        `expected no links (strict links), got a ${kind}`,
      );
    }
    requireWithin(limits, 'fileBytes', size, subject);
    this.#countEntry(subject);
    if (path !== '') this.#paths.claim(path, kind);
    requireWithin(limits, 'entries', this.#paths.size, subject);
    this.#queue.push({ kind, name, path, size });
  }

  /** Entries that make nothing, such as a directory named again, cost time too. */
  #countEntry(subject: string): void {
    this.#entries += 1;
    requireWithin(this.#options.limits, 'entries', this.#entries, subject);
  }

  #where(): string {
    return `block ${this.#blocks}`;
  }

  #malformed(detail: string): SealiftError {
    return new SealiftError('ARCHIVE_MALFORMED', this.#where(), detail);
  }
}
