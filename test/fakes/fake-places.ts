import type { GivenAccess, PlaceOpener, PlaceRequest } from '../../src/agent/index.ts';
import { type ObjectRef, SealiftError, type Target } from '../../src/core/index.ts';
import { createMemoryTarget, type MemoryTarget } from '../../src/target/index.ts';

const siteServer = 'https://site.test';

/** Clusters, each of them a target in memory; kubeconfigs are their addresses, and ConfigMaps have them. */
export class FakePlaces implements PlaceOpener {
  readonly server = siteServer;
  readonly uidOf = async (ref: ObjectRef): Promise<string | undefined> => this.#uid(siteServer, ref);
  /** Addresses that are another one of the same cluster. */
  readonly aliases = new Map<string, string>();
  /** What was opened and not closed, as `ADDRESS as NAMESPACE/NAME`. */
  readonly nowOpen: string[] = [];
  /** Everything that was ever opened. */
  readonly opened: string[] = [];
  /** Accounts that are not there any more, as `NAMESPACE/NAME`. */
  readonly gone = new Set<string>();
  /** Addresses of clusters that are away. */
  readonly away = new Set<string>();
  /** Addresses of clusters that do not answer. */
  readonly silent = new Set<string>();
  /** Writes, as `ADDRESS as NAMESPACE/NAME: ConfigMap name`. */
  readonly writes: string[] = [];
  readonly #clusters = new Map<string, MemoryTarget>();

  constructor(site: MemoryTarget) {
    this.#clusters.set(siteServer, site);
  }

  cluster(address: string): MemoryTarget {
    const server = this.aliases.get(address) ?? address;
    const known = this.#clusters.get(server) ?? createMemoryTarget();
    this.#clusters.set(server, known);
    return known;
  }

  #uid(address: string, ref: ObjectRef): string | undefined {
    const isThere = this.cluster(address).text(ref) !== undefined;
    return isThere ? `${this.aliases.get(address) ?? address} ${ref.name}` : undefined;
  }

  serverOf(given: GivenAccess): string {
    const { subject } = given;
    const text = given.kind === 'kubeconfig' ? given.text : given.data['address'];
    const server = text?.split(' ')[0] ?? '';
    if (server.startsWith('https:')) return server;
    throw new SealiftError('CONFIG_INVALID', subject, 'expected a kubeconfig');
  }

  open({ access, account }: PlaceRequest): ReturnType<PlaceOpener['open']> {
    const server = access === undefined ? siteServer : this.serverOf(access);
    const who = account === undefined ? 'itself' : `${account.namespace}/${account.name}`;
    const name = `${server} as ${who}`;
    this.nowOpen.push(name);
    this.opened.push(name);
    return {
      target: this.#as(server, name),
      uidOf: async (ref) => this.#uid(server, ref),
      isAccountGone: async () => this.gone.has(who),
      close: async () => void this.nowOpen.splice(this.nowOpen.indexOf(name), 1),
    };
  }

  #as(server: string, name: string): Target {
    const held = this.cluster(server);
    const reach = (): void => {
      if (this.away.has(server)) throw new SealiftError('TARGET_UNREACHABLE', server, 'connection refused');
    };
    return {
      description: `cluster ${server}`,
      health: held.health,
      observe: async (...args) => {
        reach();
        if (this.silent.has(server)) await endOf(args[2]);
        return held.observe(...args);
      },
      write: async (object, ...rest) => {
        reach();
        this.writes.push(`${name}: ${object.kind} ${object.metadata.name}`);
        return held.write(object, ...rest);
      },
      remove: async (ref, signal) => {
        reach();
        this.writes.push(`${name}: no ${ref.kind} ${ref.name}`);
        return held.remove(ref, signal);
      },
      watch: (changed, signal) => held.watch(changed, signal),
    };
  }
}

/** Rejects when the signal aborts. */
function endOf(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason));
  return promise;
}
