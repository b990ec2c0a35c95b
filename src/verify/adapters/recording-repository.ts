import {
  type Descriptor,
  isManifestType,
  type Operation,
  type ReadStore,
  type Resolution,
  type Transfer,
  type Validator,
} from 'oci-client-ts';

/** Bytes of evidence that are remembered while one artifact is judged; what does not fit is read once more when it is to be kept. */
const maxRemembered = 2 * 1024 * 1024;

/** A manifest that was read while evidence was looked for. */
export interface ReadManifest {
  readonly descriptor: Descriptor;
  /** Under which it was found; absent where it was found by digest. */
  readonly tag?: string;
}

type Resolving = Operation & { readonly known?: Validator };

/** A repository that remembers what was read from it, so that what a verdict counted can be kept without asking again. */
export class RecordingRepository implements ReadStore {
  readonly #from: ReadStore;
  readonly #contents = new Map<string, Uint8Array>();
  readonly #manifests = new Map<string, ReadManifest>();
  #bytes = 0;

  constructor(from: ReadStore) {
    this.#from = from;
  }

  /** Manifests that were read, in the order in which they came. */
  get manifests(): readonly ReadManifest[] {
    return [...this.#manifests.values()];
  }

  /** Content that was read, or that is read now. */
  content(descriptor: Descriptor, options: Operation): AsyncIterable<Uint8Array> | Uint8Array {
    return this.#contents.get(descriptor.digest) ?? this.#from.fetch(descriptor, options);
  }

  async resolve(reference: string, options: Resolving = {}): Promise<Resolution> {
    const resolution = await this.#from.resolve(reference, options);
    if (resolution.kind === 'unchanged') return resolution;
    const { descriptor, content } = resolution;
    const tag = reference === descriptor.digest ? {} : { tag: reference };
    this.#manifests.set(descriptor.digest, { descriptor, ...tag });
    if (this.#fits(content.byteLength)) this.#contents.set(descriptor.digest, content);
    return resolution;
  }

  async *fetch(descriptor: Descriptor, options: Transfer = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const isManifest = isManifestType(descriptor.mediaType);
    if (isManifest && !this.#manifests.has(descriptor.digest))
      this.#manifests.set(descriptor.digest, { descriptor });
    const chunks: Uint8Array[] = [];
    const isKept = this.#fits(descriptor.size);
    for await (const chunk of this.#from.fetch(descriptor, options)) {
      // The memory of a chunk may be used again once the next one is asked for.
      if (isKept) chunks.push(Uint8Array.from(chunk));
      yield chunk;
    }
    if (isKept) this.#contents.set(descriptor.digest, Buffer.concat(chunks));
  }

  exists(descriptor: Descriptor, options?: Operation): Promise<boolean> {
    return this.#from.exists(descriptor, options);
  }

  tags(options?: Operation): AsyncIterable<string> {
    return this.#from.tags(options);
  }

  referrers(
    subject: Descriptor,
    options?: Operation & { readonly artifactType?: string },
  ): AsyncIterable<Descriptor> {
    return this.#from.referrers(subject, options);
  }

  #fits(size: number): boolean {
    if (this.#bytes + size > maxRemembered) return false;
    this.#bytes += size;
    return true;
  }
}
