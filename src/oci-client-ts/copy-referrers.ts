import type { CopyDestination, CopySource, GraphCopy, Visited } from './copy-graph.ts';
import { cosignTags } from './cosign-tags.ts';
import type { Descriptor } from './descriptor.ts';
import { OciError } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import { parseManifest } from './manifest.ts';
import { isManifestType } from './media-types.ts';
import type { Operation, Resolution } from './store.ts';

/** A signature of a report of an image is two steps away. */
const maxDistance = 4;
/** Each costs a request at least. */
const maxReferrers = 1_000;

type Found = Extract<Resolution, { readonly kind: 'resolved' }>;

/** The copy of what refers to copied manifests, and of what refers to that. */
export class ReferrersCopy {
  readonly dangling: Descriptor[] = [];
  readonly mislisted: Descriptor[] = [];
  readonly #graph: GraphCopy;
  readonly #from: CopySource;
  readonly #to: CopyDestination;
  readonly #operation: Operation;
  #count = 0;

  constructor(graph: GraphCopy, from: CopySource, to: CopyDestination, operation: Operation) {
    this.#graph = graph;
    this.#from = from;
    this.#to = to;
    this.#operation = operation;
  }

  /** The list grows while it is walked: referrers have referrers. */
  async run(): Promise<void> {
    for (const visited of this.#graph.manifests) {
      for await (const hint of this.#from.referrers(visited.descriptor, this.#operation)) {
        if (!this.#graph.has(hint.digest)) await this.#copyListed(hint, visited);
      }
      await this.#copyTagged(visited);
    }
  }

  /** Of an entry only the digest counts: its size and type are anybody's word. */
  async #copyListed(hint: Descriptor, visited: Visited): Promise<void> {
    this.#step(visited);
    const found = isManifestType(hint.mediaType) ? await this.#find(hint) : 'none';
    if (found === undefined) this.dangling.push(hint);
    else if (found !== 'none' && subjectOf(found) === visited.descriptor.digest)
      await this.#copy(found, visited);
    else this.mislisted.push(hint);
  }

  async #find({ digest }: Descriptor): Promise<Found | undefined | 'none'> {
    return this.#resolve(digest, this.#operation).catch((error: unknown) => {
      if (error instanceof OciError && (error.code === 'invalid' || error.code === 'unsupported'))
        return 'none';
      throw error;
    });
  }

  async #copyTagged(visited: Visited): Promise<void> {
    const tags = cosignTags(visited.descriptor.digest);
    const found = new Map<string, Found>();
    const look = async (tag: string, signal: AbortSignal): Promise<void> => {
      const one = await this.#resolve(tag, { signal });
      if (one !== undefined) found.set(tag, one);
    };
    await inParallel(tags, tags.length, look, this.#operation.signal);
    for (const [tag, one] of found) {
      this.#step(visited);
      await this.#copy(one, visited);
      await this.#to.tag(one.descriptor, tag, this.#operation);
    }
  }

  async #resolve(reference: string, operation: Operation): Promise<Found | undefined> {
    try {
      const found = await this.#from.resolve(reference, operation);
      if (found.kind === 'resolved') return found;
    } catch (error) {
      if (error instanceof OciError && error.code === 'not-found') return undefined;
      throw error;
    }
    throw new OciError('protocol', reference, 'unchanged, though nothing was known');
  }

  #copy(found: Found, { distance }: Visited): Promise<void> {
    return this.#graph.copyManifest(found, { depth: 0, distance: distance + 1 });
  }

  #step({ descriptor, distance }: Visited): void {
    this.#count += 1;
    if (this.#count > maxReferrers) throw tooLarge(descriptor, `at most ${maxReferrers} referrers`);
    if (distance >= maxDistance) throw tooLarge(descriptor, `at most ${maxDistance} steps of referrers`);
  }
}

function subjectOf({ content, descriptor }: Found): string | undefined {
  return parseManifest(content, descriptor.mediaType).subject?.digest;
}

function tooLarge({ digest }: Descriptor, limit: string): OciError {
  return new OciError('too-large', digest, `expected ${limit}, got more`);
}
