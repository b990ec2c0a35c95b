import type { Descriptor } from './descriptor.ts';

/** What a poll remembers, so that an unchanged one is cheap. Small, plain data: it may be kept on disk. */
export interface Validator {
  readonly digest: string;
  /** Of the manifest; with it, a registry need not be told each time of all the others that would do. */
  readonly mediaType?: string;
  readonly etag?: string;
}

export interface Operation {
  readonly signal?: AbortSignal;
}

export interface Transfer extends Operation {
  /**
   * Told how many bytes of this content have been transferred; less than before when it had to begin again. Stores that transfer nothing do
   * not call it.
   */
  readonly progress?: (bytes: number) => void;
  /**
   * True: each chunk is the reader's, to read, until it asks for the next one; then its memory may be used again. So the memory of a transfer stays a
   * few MiB, whatever its size. Default: chunks are the reader's for good, and the collector's when it is done with them.
   */
  readonly lend?: boolean;
}

export type Resolution =
  | { readonly kind: 'unchanged'; readonly validator: Validator }
  | {
      readonly kind: 'resolved';
      readonly descriptor: Descriptor;
      /** The manifest's raw bytes; their digest is the descriptor's, computed here, never taken from a header. */
      readonly content: Uint8Array;
      readonly validator: Validator;
    };

export interface Resolver {
  /**
   * Turns a tag or digest into the manifest it names now. With `known`, answers `unchanged` when the tag still names that digest.
   * @throws OciError `not-found` when nothing bears that name; never when the registry could not be asked.
   */
  resolve(reference: string, options?: Operation & { readonly known?: Validator }): Promise<Resolution>;
}

export interface Fetcher {
  /**
   * The content of a manifest or blob, streamed; size and digest are checked on the way, so that reading to the end without an
   * error means the bytes are right. @throws OciError `not-found`, `digest-mismatch`, `size-mismatch`, and transport codes.
   */
  fetch(descriptor: Descriptor, options?: Transfer): AsyncIterable<Uint8Array>;
}

/** Goes on with content that came in part, perhaps before a restart of the process. */
export interface Resumer {
  /**
   * The bytes that follow on `known`, which is read and hashed first. The end without an error means that both together are the content.
   * @throws OciError `digest-mismatch`, `size-mismatch`: then what is known is worth nothing; and what `fetch` throws.
   */
  fetchRest(
    descriptor: Descriptor,
    known: AsyncIterable<Uint8Array>,
    options?: Transfer,
  ): AsyncIterable<Uint8Array>;
}

export interface Prober {
  exists(descriptor: Descriptor, options?: Operation): Promise<boolean>;
}

export interface PushOptions extends Transfer {
  /** True: the caller has just asked, and it was not there. Saves a registry the same question. */
  readonly absent?: boolean;
}

export interface Pusher {
  /** Stores content under its digest; what is there already is left alone. Manifests (by media type) come after what they name. */
  push(
    descriptor: Descriptor,
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options?: PushOptions,
  ): Promise<void>;
}

/** Fetches content by itself, so that what came before the way broke is not lost. */
export interface Puller {
  /**
   * Stores content of another store under its digest; what is there already is left alone. In an image layout the part of a blob that came
   * is kept when this fails or its process ends, for a day, and from a `Resumer` only the rest is fetched then. @throws OciError.
   */
  pull(descriptor: Descriptor, from: Fetcher & Partial<Resumer>, options?: Transfer): Promise<void>;
}

/** Keeps what nothing names yet from being collected. */
export interface Renewer {
  /** Says that content is about to be named. False when it is not there, or no longer. */
  renew(descriptor: Descriptor, options?: Operation): Promise<boolean>;
}

/** Takes blobs over without their bytes. */
export interface Mounter {
  /** False when this cannot be done, for whatever reason but an outage: then the blob is pushed. */
  mount(descriptor: Descriptor, from: Fetcher, options?: Operation): Promise<boolean>;
}

export interface Tagger {
  /** Points a tag at a manifest that is already stored. */
  tag(descriptor: Descriptor, tag: string, options?: Operation): Promise<void>;
}

export interface TagLister {
  /** All tags, in no promised order; nothing when the repository has none. @throws OciError `not-found` for an unknown repository. */
  tags(options?: Operation): AsyncIterable<string>;
}

export interface ReferrerLister {
  /**
   * Manifests whose `subject` is this digest, by referrers API and fallback tag. The list is an unsigned hint: who uses an entry fetches it
   * and checks its subject. An outage is an error, never an empty list.
   */
  referrers(
    subject: Descriptor,
    options?: Operation & { readonly artifactType?: string },
  ): AsyncIterable<Descriptor>;
}

export interface Deleter {
  /** Removes a manifest or blob; its absence is success. */
  delete(descriptor: Descriptor, options?: Operation): Promise<void>;
}

/** One repository, read: in a registry, in an image layout on disk, or in memory. */
export type ReadStore = Resolver & Fetcher & Prober & TagLister & ReferrerLister;

/** One repository, read and written. */
export type Store = ReadStore & Pusher & Tagger & Deleter;
