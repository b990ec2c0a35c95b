import { Slots } from './slots.ts';
import type { Transport } from './transport.ts';

/** How an unchanged tag is noticed: by entity tag, by the digest that a HEAD names, or by reading the manifest and hashing it. */
export type PollWay = 'unknown' | 'etag' | 'head' | 'get';

export interface LearnedOfRepository {
  poll: PollWay;
  /** True once the registry was seen to keep what it took: some accept pushes to a repository that does not exist. */
  isThere: boolean;
}

/** What one registry has shown of itself. Nothing here is needed to be right: forgetting it costs a request or two. */
export class LearnedOfHost {
  readonly pulls = new Slots();
  readonly pushes = new Slots();
  /** True when the registry refuses large requests: uploads begin in chunks. */
  needsChunks = false;
  /** Whether a registry that says it lists referrers can be asked for them. */
  referrersApi: 'unknown' | 'yes' | 'no' = 'unknown';
  readonly #repositories = new Map<string, LearnedOfRepository>();

  repository(name: string): LearnedOfRepository {
    return entryOf(this.#repositories, name, () => ({ poll: 'unknown', isThere: false }));
  }
}

/** More are dropped, oldest first. */
const maxEntries = 10_000;

const hostsOf = new WeakMap<Transport, Map<string, LearnedOfHost>>();

/** Shared by all repositories of the host that use this transport; it lives as long as the transport does. */
export function learnedOf(transport: Transport, host: string): LearnedOfHost {
  const hosts = hostsOf.get(transport) ?? new Map<string, LearnedOfHost>();
  hostsOf.set(transport, hosts);
  return entryOf(hosts, host, () => new LearnedOfHost());
}

function entryOf<T>(entries: Map<string, T>, key: string, create: () => T): T {
  const known = entries.get(key);
  if (known !== undefined) return known;
  const [oldest] = entries.keys();
  if (entries.size >= maxEntries && oldest !== undefined) entries.delete(oldest);
  const created = create();
  entries.set(key, created);
  return created;
}
