import { createSecureContext, type SecureContext } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { asSealiftError } from '../../../../core/index.ts';
import type { Identity } from '../../access/adapters/identity-source.ts';
import type { ClusterAccess } from '../../access/cluster-access.ts';

/** As many writes side by side as the API server has use for on a small machine; more wait here. */
const maxConnections = 16;
/** Milliseconds: a burst of writes finds them open, and what forgets idle connections on the way is slower than this. */
const keepIdleMs = 60_000;

/**
 * Connections to one API server under one client certificate. HTTP/1.1: a watch that is read slowly holds up its own connection and no
 * other, and each is one that the server ended or that is alive.
 */
export interface Connections {
  readonly requests: Dispatcher;
  /** A connection for each watch: one that runs for minutes must not keep a request waiting. */
  readonly watches: Dispatcher;
}

/** @throws SealiftError TARGET_UNAUTHENTICATED for certificates that are none, which repeats nothing of a key. */
export function openConnections(access: ClusterAccess, identity: Identity): Connections {
  const connect = {
    secureContext: contextOf(access, identity),
    rejectUnauthorized: !access.insecureSkipVerify,
    ...(access.serverName === undefined ? {} : { servername: access.serverName }),
  };
  const idle = { keepAliveTimeout: keepIdleMs, keepAliveMaxTimeout: keepIdleMs, allowH2: false };
  const open = (connections: number | null): Dispatcher =>
    access.proxy === undefined
      ? new Agent({ ...idle, connect, connections })
      : new ProxyAgent({ ...idle, uri: access.proxy, requestTls: connect, connections });
  return { requests: open(maxConnections), watches: open(null) };
}

function contextOf(access: ClusterAccess, { authority, certificate, key }: Identity): SecureContext {
  try {
    return createSecureContext({
      ...(authority === undefined ? {} : { ca: authority }),
      ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key }),
    });
  } catch {
    // OpenSSL's words may name parts of the key.
    const detail = 'expected certificates and a key in PEM that belong together';
    throw asSealiftError(new Error(detail), access.server, 'TARGET_UNAUTHENTICATED');
  }
}
