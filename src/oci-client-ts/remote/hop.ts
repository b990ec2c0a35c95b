import { addressClass, isInward } from './address-class.ts';

/** Judgement of an address that a registry handed out: a redirect, an upload location, a next page, a token realm. */
export type Hop =
  | { readonly kind: 'same-origin'; readonly url: URL }
  | { readonly kind: 'foreign'; readonly url: URL }
  | { readonly kind: 'refused'; readonly reason: string };

/** Signed storage addresses reach 2 to 4 KB; more is no address. */
const maxLocationLength = 16_384;

/**
 * Judges `location` as seen from `from`. Encryption is never lost on the way, a user name in the address is refused, and nobody but the
 * own machine may point at the own machine, at link-local addresses or at a cloud's metadata. Private addresses are allowed: the name of a registry
 * does not tell whether it is in the same network, those on premises keep their content in storage there, no credential goes along, and what
 * comes back is checked by digest.
 */
export function judgeHop(from: URL, location: string | undefined): Hop {
  const url = parse(from, location);
  if (typeof url === 'string') return { kind: 'refused', reason: url };
  const reason = refusal(from, url);
  if (reason !== undefined) return { kind: 'refused', reason };
  return { kind: url.origin === from.origin ? 'same-origin' : 'foreign', url };
}

function parse(from: URL, location: string | undefined): URL | string {
  if (location === undefined || location === '') return 'no address';
  if (location.length > maxLocationLength) return `an address of ${location.length} characters`;
  const url = URL.parse(location, from.href);
  return url ?? 'an address that is no URL';
}

function refusal(from: URL, url: URL): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `an address with ${url.protocol}`;
  if (from.protocol === 'https:' && url.protocol === 'http:') return `unencrypted ${url.host}`;
  if (url.username !== '' || url.password !== '') return 'an address with a user name';
  if (url.hostname === from.hostname) return undefined;
  const [source, target] = [addressClass(from.hostname), addressClass(url.hostname)];
  const isOwn = target === 'loopback' && source === 'loopback';
  return isInward(target) && !isOwn ? `the ${target} address ${url.host}` : undefined;
}
