import { BlockList, isIP } from 'node:net';
import { OciError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';

/** Which requests go through which proxy. */
export interface ProxySettings {
  /** `http[s]://[USER:PASSWORD@]HOST[:PORT]` for registries without TLS. */
  readonly http?: string;
  /** The same for registries with TLS. */
  readonly https?: string;
  /**
   * Hosts that are reached directly, separated by commas or spaces: `*`, a name (which covers the names below it), `.NAME` (the same), `*.NAME` (only
   * those below), an address, a range as `10.0.0.0/8`; each with `:PORT` if only that port is meant. Loopback is always direct.
   */
  readonly noProxy?: string;
}

/** Proxy settings as most programs read them; names in lower case win over upper case, and an empty one means none. */
export function proxyFromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): ProxySettings {
  const read = (name: string): string | undefined => environment[name] ?? environment[name.toUpperCase()];
  const [http, https, noProxy] = [read('http_proxy'), read('https_proxy'), read('no_proxy')];
  return {
    ...(http ? { http } : {}),
    ...(https ? { https } : {}),
    ...(noProxy ? { noProxy } : {}),
  };
}

/** The proxy for a request to `url`; nothing when it goes directly. @throws OciError `invalid` for a proxy that is none. */
export function proxyFor(url: URL, settings: ProxySettings | undefined): URL | undefined {
  const proxy = url.protocol === 'https:' ? settings?.https : settings?.http;
  if (proxy === undefined || proxy === '' || isDirect(url, settings?.noProxy ?? '')) return undefined;
  return parseProxy(proxy);
}

/** The text may hold a password: no error repeats it. */
function parseProxy(text: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    url = undefined;
  }
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new OciError('invalid', 'proxy', 'expected http[s]://HOST[:PORT]');
  }
  return url;
}

function isDirect(url: URL, noProxy: string): boolean {
  if (isLoopback(url.hostname)) return true;
  const host = bareName(url.hostname);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return noProxy.split(/[\s,]+/).some((entry) => entry !== '' && covers(entry, host, port));
}

function covers(entry: string, host: string, port: string): boolean {
  const [name, wantedPort] = splitEntry(entry.toLowerCase());
  if (wantedPort !== undefined && wantedPort !== port) return false;
  if (name === '*') return true;
  if (name.includes('/')) return inRange(name, host);
  const suffix = bareName(name.replace(/^\*?\./, ''));
  if (suffix === '') return false;
  // The end of an address is no domain.
  if (isIP(host) !== 0) return suffix === host && !name.startsWith('*');
  return (suffix === host && !name.startsWith('*')) || host.endsWith(`.${suffix}`);
}

/** `[ADDRESS]:PORT`, `NAME:PORT`, or a name or address alone; an address of IPv6 has several colons. */
function splitEntry(entry: string): readonly [string, string | undefined] {
  const found = /^(\[[^\]]*\]|[^:]*):([0-9]{1,5})$/.exec(entry);
  return found === null ? [entry, undefined] : [found[1] ?? '', found[2]];
}

/** Without the brackets of IPv6 and without the dot that ends a full name. */
function bareName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

function inRange(range: string, host: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  const version = isIP(bareName(network));
  const most = version === 4 ? 32 : 128;
  if (version === 0 || isIP(host) !== version || !/^[0-9]{1,3}$/.test(bits) || Number(bits) > most)
    return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(bareName(network), Number(bits), family);
  return list.check(host, family);
}
