import type { ByteRange } from './read-file.ts';

/** Content on its way into a layout; its digest is told at the end. It must be accepted or discarded. */
export interface GrowingBlob {
  /** Bytes so far. */
  readonly size: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Ends the content; when this returns it is there to stay. @throws OciError `digest-mismatch`; then it must be discarded. */
  accept(digest: string): Promise<void>;
  /** May be called at any time, also twice. */
  discard(): Promise<void>;
}

/** The content of a layout by digest, whatever names it: what a registry needs beyond stores. */
export interface LayoutBlobs {
  /** Bytes, or undefined when the content is absent. */
  size(digest: string): Promise<number | undefined>;
  /** Unchecked: the caller compares, or serves a part that cannot be compared. @throws OciError `not-found`. */
  read(digest: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** Opens a file for content. @param algorithm Default sha256. */
  receive(algorithm?: string): Promise<GrowingBlob>;
  /** Says that content is about to be named, so that it is not collected meanwhile. False when it is absent. */
  renew(digest: string): Promise<boolean>;
  /** Absence is success. */
  remove(digest: string): Promise<void>;
}
