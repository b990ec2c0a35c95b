import { SealiftError, withSignal } from '../../../../core/index.ts';
import { readGroupVersions, readResourceList } from '../answers/discovery.ts';
import type { ApiResource, KindRef } from '../client.ts';
import { groupVersionPath } from '../resource-path.ts';
import type { ApiTransport } from './api-transport.ts';

type Kinds = ReadonlyMap<string, ApiResource>;

/**
 * What the server serves, asked version by version: a delivery uses a handful of them, where all that is served takes a megabyte in a cluster
 * with many definitions.
 */
export class ServedKinds {
  readonly #transport: ApiTransport;
  #known = new Map<string, Kinds>();
  #asking = new Map<string, Promise<Kinds | undefined>>();

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  async resourceOf(kind: KindRef, signal: AbortSignal): Promise<ApiResource | undefined> {
    const path = groupVersionPath(kind);
    return this.#known.get(path)?.get(kind.kind) ?? (await this.#ask(path, kind, signal))?.get(kind.kind);
  }

  /** In the version of the reference, else in another one of its group. @throws SealiftError TARGET_KIND_UNKNOWN */
  async anyVersionOf(kind: KindRef, signal: AbortSignal): Promise<ApiResource> {
    const own = await this.resourceOf(kind, signal);
    if (own !== undefined) return own;
    for (const version of await this.#versionsOf(kind.group, signal)) {
      const other =
        version === kind.version ? undefined : await this.resourceOf({ ...kind, version }, signal);
      if (other !== undefined) return other;
    }
    throw kindUnknown(kind);
  }

  forget(): void {
    this.#known = new Map();
    // What is under way may have been asked before the change.
    this.#asking = new Map();
  }

  async #versionsOf(group: string, signal: AbortSignal): Promise<readonly string[]> {
    if (group === '') return ['v1'];
    const path = `/apis/${encodeURIComponent(group)}`;
    const reply = await this.#transport.ask({ method: 'GET', path, subject: this.#subject(path) }, signal);
    return reply.status === 404 ? [] : readGroupVersions(reply.body, this.#subject(path));
  }

  /** Asked together by all who want to know at the same time. */
  #ask(path: string, kind: KindRef, signal: AbortSignal): Promise<Kinds | undefined> {
    const asking = this.#asking.get(path) ?? this.#list(path, kind);
    this.#asking.set(path, asking);
    return withSignal(asking, signal);
  }

  async #list(path: string, kind: KindRef): Promise<Kinds | undefined> {
    const known = this.#known;
    const asking = this.#asking;
    const subject = this.#subject(path);
    try {
      const reply = await this.#transport.ask({ method: 'GET', path, subject }, this.#transport.closing);
      if (reply.status === 404) {
        known.delete(path);
        return undefined;
      }
      const kinds = readResourceList(reply.body, kind, subject);
      known.set(path, kinds);
      return kinds;
    } finally {
      asking.delete(path);
    }
  }

  #subject(path: string): string {
    return `${this.#transport.server}${path}`;
  }
}

export function kindUnknown({ group, version, kind }: KindRef): SealiftError {
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return new SealiftError('TARGET_KIND_UNKNOWN', `${apiVersion} ${kind}`, 'the server serves no such kind');
}
