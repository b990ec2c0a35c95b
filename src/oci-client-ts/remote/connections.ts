import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { OciError } from '../errors.ts';
import { addressClass } from './address-class.ts';
import { guardedLookup } from './guarded-lookup.ts';
import { type ProxySettings, proxyFor } from './proxy-rule.ts';
import { frugalConnector } from './socket-memory.ts';
import { type TlsConnect, type TlsSettings, tlsConnect } from './tls-settings.ts';

export interface ConnectionSettings {
  /** Connections of the caller's making, possibly shared; `close` leaves them open, and `proxy` and `tls` are then the caller's affair. */
  readonly dispatcher?: Dispatcher;
  /** Default: no proxy. `proxyFromEnvironment` reads what most programs obey. */
  readonly proxy?: ProxySettings;
  /** Default: the system's roots. */
  readonly tls?: TlsSettings;
}

/** Enough to load a link with layers and still let manifests through; few enough to be a polite client. */
const connectionsPerHost = 8;
/** An idle connection costs next to nothing and saves the next poll a handshake; servers close theirs earlier if they mind. */
const keepIdleMs = 10 * 60 * 1000;
/** Of the head of an answer: as much as Node takes by default, which `SocketMemory` counts on. */
const maxHeadBytes = 16 * 1024;

const pooling = {
  allowH2: true,
  connections: connectionsPerHost,
  maxHeaderSize: maxHeadBytes,
  keepAliveTimeout: keepIdleMs,
  keepAliveMaxTimeout: keepIdleMs,
} as const;

/** Connections to all hosts, made when they are first needed and kept for the life of the process. */
export class Connections {
  readonly #settings: ConnectionSettings;
  readonly #dispatchers = new Map<string, Dispatcher>();
  #isClosed = false;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  /**
   * What carries requests to `url`, on behalf of the registry at `registry`: it alone gets to see the client certificate, and a host that it
   * names must not turn out to be this machine, unless the registry is there itself.
   * @throws OciError `invalid` for settings that cannot be used, and after `close`: what was made then, nobody would close.
   */
  dispatcher(url: URL, registry: URL): Dispatcher {
    if (this.#isClosed) {
      throw new OciError(
        'invalid',
        `transport to ${registry.host}`,
        'expected an open one, got one that was closed',
      );
    }
    if (this.#settings.dispatcher !== undefined) return this.#settings.dispatcher;
    const proxy = proxyFor(url, this.#settings.proxy);
    const own = url.hostname === registry.hostname;
    const guarded = !own && addressClass(registry.hostname) !== 'loopback';
    const key = `${own} ${guarded} ${proxy?.href ?? ''}`;
    const known = this.#dispatchers.get(key);
    if (known !== undefined) return known;
    const connect = tlsConnect(this.#settings.tls, own);
    // Behind a proxy it is the proxy that looks names up.
    const lookup = guarded ? { lookup: guardedLookup() } : {};
    const made =
      proxy === undefined
        ? new Agent({ ...pooling, connect: frugalConnector({ ...connect, ...lookup }) })
        : this.#proxied(proxy, connect);
    this.#dispatchers.set(key, made);
    return made;
  }

  /** Ends the connections at once; requests under way fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#dispatchers.values()];
    this.#dispatchers.clear();
    await Promise.all(all.map((each) => each.destroy()));
  }

  #proxied(proxy: URL, requestTls: TlsConnect): Dispatcher {
    // The proxy is no registry: it sees no client certificate.
    return new ProxyAgent({
      ...pooling,
      uri: proxy.href,
      requestTls: { ...requestTls },
      proxyTls: { ...tlsConnect(this.#settings.tls, false) },
    });
  }
}
