import type { Descriptor } from '../descriptor.ts';
import { parseDigest } from '../digest.ts';
import { fullRepository } from '../docker-hub.ts';
import { OciError } from '../errors.ts';
import { isManifestType, mediaTypes } from '../media-types.ts';
import { isRegistryHost, isRepositoryName, isTag } from '../name-grammar.ts';
import type { Answer } from './answer.ts';
import type { RegistryClock } from './clock.ts';
import type { LearnedOfHost } from './learned.ts';
import type { RegistryRequest } from './registry-request.ts';
import type { Transport } from './transport.ts';

export interface RemoteRepositoryOptions {
  /** `HOST[:PORT]`. */
  readonly host: string;
  readonly repository: string;
  readonly transport: Transport;
  /**
   * Blobs on their way at the same time, in each direction, counted for all repositories of the host that use this transport. Default 3. Who
   * reads more streams than this in step with each other waits for ever.
   */
  readonly concurrency?: number;
}

/** Leaves connections for manifests, which do not wait in line. */
const defaultConcurrency = 3;

export type Right = 'pull' | 'push' | 'delete';

/** A request below one repository; what the endpoint knows is filled in. */
export interface Call extends Omit<RegistryRequest, 'url' | 'access'> {
  /** Below `/v2/REPOSITORY/`, or an address the registry gave, judged before. */
  readonly to: string | URL;
  readonly rights?: readonly Right[];
  /** See `Access`. */
  readonly also?: readonly string[];
}

/** What every manifest request accepts: without its own type some registries answer 404, and old ones convert. */
export const acceptManifests = [
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerManifestList,
].join(', ');

/** One repository's addresses, and the transport that reaches them. */
export class Endpoint {
  readonly host: string;
  readonly repository: string;
  readonly concurrency: number;
  readonly #transport: Transport;
  readonly #origin: URL;

  /** @throws OciError `invalid` for a host or repository outside the grammar. */
  constructor({ host, repository, transport, concurrency }: RemoteRepositoryOptions) {
    if (!isRegistryHost(host)) {
      throw new OciError(
        'invalid',
        `registry ${JSON.stringify(host.slice(0, 120))}`,
        'expected HOST[:PORT] in lower case',
      );
    }
    if (!isRepositoryName(repository)) {
      throw new OciError(
        'invalid',
        `repository ${JSON.stringify(repository.slice(0, 120))}`,
        'expected a repository name',
      );
    }
    this.host = host;
    this.repository = fullRepository(host, repository);
    this.#transport = transport;
    this.#origin = transport.origin(host);
    this.concurrency = Math.max(1, concurrency ?? defaultConcurrency);
  }

  /** What the registry has shown of itself so far. */
  get learned(): LearnedOfHost {
    return this.#transport.learned.host(this.#origin.host);
  }

  /** Whether others are asked in place of the host. */
  get hasMirrors(): boolean {
    return this.#transport.hasMirrors(this.host);
  }

  get retrying(): Transport['retrying'] {
    return this.#transport.retrying;
  }

  get clock(): RegistryClock {
    return this.#transport.clock;
  }

  /** `HOST/REPOSITORY:TAG` or `HOST/REPOSITORY@DIGEST`, for errors. */
  name(reference?: string): string {
    const name = `${this.host}/${this.repository}`;
    if (reference === undefined) return name;
    return `${name}${reference.includes(':') ? '@' : ':'}${reference}`;
  }

  request<T>(call: Call, read: (answer: Answer) => Promise<T>): Promise<T> {
    const { to, rights = ['pull'], also = [], ...rest } = call;
    const url = typeof to === 'string' ? new URL(`/v2/${this.repository}/${to}`, this.#origin) : to;
    const { host, repository } = this;
    return this.#transport.request(
      { ...rest, url, access: { origin: this.#origin, host, repository, actions: rights, also } },
      read,
    );
  }
}

/** Path of a tag or digest; nothing outside the grammar gets into an address. @throws OciError `invalid`. */
export function manifestPath(reference: string): string {
  if (reference.includes(':')) parseDigest(reference);
  else if (!isTag(reference)) {
    throw new OciError(
      'invalid',
      `tag ${JSON.stringify(reference.slice(0, 140))}`,
      'expected a tag or digest',
    );
  }
  return `manifests/${reference}`;
}

/** Path of a manifest or blob, by its media type. @throws OciError `invalid`. */
export function contentPath(descriptor: Descriptor): string {
  parseDigest(descriptor.digest);
  return `${isManifestType(descriptor.mediaType) ? 'manifests' : 'blobs'}/${descriptor.digest}`;
}
