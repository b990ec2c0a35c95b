import { parseDigest } from '../digest.ts';
import { isDockerHub } from '../docker-hub.ts';
import { OciError } from '../errors.ts';
import { mediaTypes } from '../media-types.ts';
import type { Operation, Resolution, Validator } from '../store.ts';
import { acceptManifests, type Endpoint, manifestPath } from './endpoint.ts';
import { type FoundManifest, getManifest, isEtag, manifestIn } from './manifests.ts';
import { chooseQuestion, learnFrom, type Seen } from './poll-way.ts';
import { isTransient } from './retry-policy.ts';

/**
 * Turns a tag or digest into the manifest. With a validator, an unchanged one costs one small request, of the kind that this repository was
 * seen to answer.
 */
export async function resolveManifest(
  endpoint: Endpoint,
  reference: string,
  { known, signal }: Operation & { readonly known?: Validator },
): Promise<Resolution> {
  const poll = new Poll(endpoint, reference, signal);
  // A validator of other content must not turn "still that" into "still this".
  if (known === undefined || (reference.includes(':') && reference !== known.digest)) return poll.first();
  return poll.again(known);
}

/**
 * Types that stand for themselves: nobody makes another manifest into one of these to please who asks. Docker's are converted into each other
 * by many registries, and are only asked for together.
 */
const ownTypes: ReadonlySet<string> = new Set([mediaTypes.ociManifest, mediaTypes.ociIndex]);

/** After these a GET may still do: a registry, or a proxy before it, that does not do HEAD. An outage is an outage for both. */
function isRefusal(status: number): boolean {
  return (status >= 300 && status < 500 && status !== 408 && status !== 429) || status === 501;
}

/** What is no manifest to us came in the place of one that was not asked for, perhaps. */
function unlessTransient(error: unknown): undefined {
  if (!(error instanceof OciError) || isTransient(error)) throw error;
}

class Poll {
  readonly #endpoint: Endpoint;
  readonly #reference: string;
  readonly #signal: AbortSignal | undefined;

  constructor(endpoint: Endpoint, reference: string, signal: AbortSignal | undefined) {
    this.#endpoint = endpoint;
    this.#reference = reference;
    this.#signal = signal;
  }

  async first(): Promise<Resolution> {
    const found = await this.#get();
    this.#learn({ question: 'first', ...traits(found) });
    return resolved(found);
  }

  again(known: Validator): Promise<Resolution> {
    const hasEtag = known.etag !== undefined && isEtag(known.etag);
    const { poll: way } = this.#memory;
    const question = chooseQuestion({ way, isDockerHub: isDockerHub(this.#endpoint.host), hasEtag });
    return question === 'head' ? this.#byHead(known) : this.#byGet(known, question);
  }

  async #byGet(known: Validator, question: 'conditional' | 'get'): Promise<Resolution> {
    const found = question === 'conditional' ? await this.#ifChanged(known) : await this.#get();
    const isSame = found === 'not-modified' || found.descriptor.digest === known.digest;
    this.#learn({ question, ...traits(found), isSame });
    if (found === 'not-modified') return { kind: 'unchanged', validator: known };
    return isSame ? { kind: 'unchanged', validator: validatorOf(found) } : resolved(found);
  }

  /** What comes for the known type alone is what the tag names when, asked with all types, the registry still says so. */
  async #ifChanged(known: Validator): Promise<FoundManifest | 'not-modified'> {
    const narrow = await this.#byKnownType(known);
    if (narrow === 'not-modified') return narrow;
    const found = await this.#get(narrow?.etag ?? known.etag);
    return found === 'not-modified' && narrow?.etag !== undefined ? narrow : found;
  }

  /**
   * Half as many bytes as the question with all types. Only a 304 is an answer by itself: a tag that names content of another type now may be
   * absent to who asks for the old one, or be converted. Mirrors are asked in full, since what one lacks is looked for at the next, which may
   * be behind.
   */
  async #byKnownType({ etag, mediaType }: Validator): Promise<FoundManifest | 'not-modified' | undefined> {
    if (etag === undefined || mediaType === undefined || !ownTypes.has(mediaType)) return undefined;
    if (this.#endpoint.hasMirrors) return undefined;
    const subject = this.#endpoint.name(this.#reference);
    const call = {
      method: 'GET',
      to: manifestPath(this.#reference),
      headers: { accept: mediaType, 'if-none-match': etag },
      subject,
      signal: this.#signal,
    } as const;
    return this.#endpoint.request(call, async (answer) => {
      if (answer.status === 304) return 'not-modified';
      if (isRefusal(answer.status)) return undefined;
      await answer.expect(200);
      return manifestIn(answer, this.#reference, subject).catch(unlessTransient);
    });
  }

  /** The header is a hint that it is worth looking, no more: what is taken over is hashed. */
  async #byHead(known: Validator): Promise<Resolution> {
    const named = await this.#namedDigest();
    if (named === known.digest) return { kind: 'unchanged', validator: known };
    const found = await this.#get();
    const { digest } = found.descriptor;
    this.#learn({ question: 'head', ...traits(found), isNamed: named !== undefined && named === digest });
    return digest === known.digest ? { kind: 'unchanged', validator: validatorOf(found) } : resolved(found);
  }

  #namedDigest(): Promise<string | undefined> {
    const call = {
      method: 'HEAD',
      to: manifestPath(this.#reference),
      headers: { accept: acceptManifests },
      subject: this.#endpoint.name(this.#reference),
      signal: this.#signal,
    } as const;
    return this.#endpoint.request(call, async (answer) => {
      if (isRefusal(answer.status)) return undefined;
      await answer.expect(200);
      return digestOf(answer.header('docker-content-digest'));
    });
  }

  #get(): Promise<FoundManifest>;
  #get(etag: string | undefined): Promise<FoundManifest | 'not-modified'>;
  #get(etag?: string): Promise<FoundManifest | 'not-modified'> {
    return getManifest(this.#endpoint, this.#reference, { signal: this.#signal, etag });
  }

  get #memory() {
    return this.#endpoint.learned.repository(this.#endpoint.repository);
  }

  #learn(seen: Seen): void {
    const memory = this.#memory;
    memory.isThere = true;
    memory.poll = learnFrom(memory.poll, seen);
  }
}

function traits(found: FoundManifest | 'not-modified'): Omit<Seen, 'question'> {
  const isNotModified = found === 'not-modified';
  return {
    isSame: false,
    isNotModified,
    hasEtag: !isNotModified && found.etag !== undefined,
    isNamed: !isNotModified && found.named === found.descriptor.digest,
  };
}

function resolved(found: FoundManifest): Resolution {
  const { descriptor, content } = found;
  return { kind: 'resolved', descriptor, content, validator: validatorOf(found) };
}

function validatorOf({ descriptor, etag }: FoundManifest): Validator {
  const { digest, mediaType } = descriptor;
  return { digest, mediaType, ...(etag === undefined ? {} : { etag }) };
}

function digestOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  try {
    parseDigest(header);
    return header;
  } catch {
    return undefined;
  }
}
