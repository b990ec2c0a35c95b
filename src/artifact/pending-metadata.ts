import { SealiftError } from '../core/index.ts';
import { decodeName } from './entry-name.ts';
import { decodePax, type PaxFields, requireGlobalComment } from './pax.ts';
import type { EntryHeader, MetadataKind } from './tar-header.ts';

/** GNU long names end in NULs, at least by habit. */
function withoutTrailingNuls(body: Buffer): Buffer {
  let end = body.length;
  while (end > 0 && body[end - 1] === 0) end -= 1;
  return body.subarray(0, end);
}

/** Headers read since the last entry, which describe the next one. At most one of each, and never PAX beside GNU: readers differ there. */
export class PendingMetadata {
  #pax: PaxFields | undefined;
  #longName: string | undefined;
  #longLink = false;

  get empty(): boolean {
    return this.#pax === undefined && this.#longName === undefined && !this.#longLink;
  }

  /** Takes the body of a metadata header. @throws SealiftError ARCHIVE_MALFORMED, ARCHIVE_PATH_UNSAFE, ARCHIVE_ENTRY_REFUSED. */
  add(kind: MetadataKind, body: Buffer, subject: string): void {
    this.#requireRoom(kind, subject);
    switch (kind) {
      case 'pax':
        this.#pax = decodePax(body, subject);
        break;
      case 'pax-global':
        requireGlobalComment(body, subject);
        break;
      case 'long-name':
        this.#longName = decodeName(withoutTrailingNuls(body), subject);
        break;
      case 'long-link':
        this.#longLink = true;
        break;
      default:
        kind satisfies never;
    }
  }

  /** The name of the entry that follows; forgets everything. @throws SealiftError ARCHIVE_MALFORMED, ARCHIVE_PATH_UNSAFE. */
  settle(header: EntryHeader, subject: string): string {
    const pax = this.#pax ?? {};
    const name = pax.path ?? this.#longName ?? decodeName(header.name, subject);
    if (pax.size !== undefined && pax.size !== header.size) {
      throw new SealiftError(
        'ARCHIVE_MALFORMED',
        subject,
        `expected one size, got ${header.size} in the header and ${pax.size} in PAX`,
      );
    }
    const link = header.kind === 'symlink' || header.kind === 'hardlink';
    if (!link && (this.#longLink || pax.linkpath === true)) {
      throw new SealiftError(
        'ARCHIVE_MALFORMED',
        subject,
        `expected a link target for links alone, got one for a ${header.kind}`,
      );
    }
    this.#pax = undefined;
    this.#longName = undefined;
    this.#longLink = false;
    return name;
  }

  #requireRoom(kind: MetadataKind, subject: string): void {
    const again =
      (kind === 'long-name' && this.#longName !== undefined) || (kind === 'long-link' && this.#longLink);
    const gnu = kind === 'long-name' || kind === 'long-link';
    const mixed = gnu ? this.#pax !== undefined : !this.empty;
    if (again || mixed) {
      throw new SealiftError(
        'ARCHIVE_MALFORMED',
        subject,
        'expected an entry after its extended header, got another extended header',
      );
    }
  }
}
