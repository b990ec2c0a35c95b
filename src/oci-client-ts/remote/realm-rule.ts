import { isDockerHub } from '../docker-hub.ts';
import { addressClass } from './address-class.ts';
import { judgeHop } from './hop.ts';

export type RealmVerdict =
  | { readonly kind: 'trusted'; readonly url: URL }
  | { readonly kind: 'anonymous'; readonly url: URL }
  | { readonly kind: 'refused'; readonly reason: string };

interface RealmPair {
  readonly realm: string;
  readonly serves: (registry: string) => boolean;
}

const named =
  (...hosts: readonly string[]) =>
  (registry: string): boolean =>
    hosts.includes(registry);

/** Public registries whose token server has a name of its own, run by the same operator. */
const wellKnownPairs: readonly RealmPair[] = [
  { realm: 'auth.docker.io', serves: isDockerHub },
  { realm: 'gcr.io', serves: named('us.gcr.io', 'eu.gcr.io', 'asia.gcr.io', 'mirror.gcr.io') },
  { realm: 'gitlab.com', serves: named('registry.gitlab.com') },
  { realm: 'api.digitalocean.com', serves: named('registry.digitalocean.com') },
];

/**
 * Decides what a token server, named by the registry and so by anybody who can answer for it, may be told. Credentials go to the registry's
 * own host (on any port: it could have asked for them itself), to a well-known pair, or to a host in `trusted`; an anonymous call carries no
 * secret and may go further, but not to an address inside the network.
 */
export function judgeRealm(origin: URL, realm: string, trusted: readonly string[]): RealmVerdict {
  const hop = judgeHop(origin, realm);
  if (hop.kind === 'refused') return hop;
  const { url } = hop;
  if (url.hostname === origin.hostname) return { kind: 'trusted', url };
  if (url.protocol !== 'https:') return { kind: 'refused', reason: `unencrypted ${url.host}` };
  if (trusted.includes(url.host)) return { kind: 'trusted', url };
  const where = addressClass(url.hostname);
  if (where !== 'other') return { kind: 'refused', reason: `the ${where} address ${url.host}` };
  const known = wellKnownPairs.some((pair) => pair.realm === url.host && pair.serves(origin.hostname));
  return { kind: known ? 'trusted' : 'anonymous', url };
}
