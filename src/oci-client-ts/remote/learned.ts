import { Slots } from './slots.ts';

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

/** What is known of registries, shared by all who use one transport. */
export class Learned {
  readonly #hosts = new Map<string, LearnedOfHost>();

  host(name: string): LearnedOfHost {
    return entryOf(this.#hosts, name, () => new LearnedOfHost());
  }
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
