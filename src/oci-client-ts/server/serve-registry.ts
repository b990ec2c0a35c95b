import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ImageLayout } from '../layout/image-layout.ts';
import { asApiError } from './api-error.ts';
import { type Exchange, type Registry, sendError } from './exchange.ts';
import { Gate, type RegistryAuth } from './gate.ts';
import { type Intercept, inOrder } from './intercept.ts';
import { type QuirkName, quirk } from './quirks/quirk.ts';
import { parseRoute } from './route.ts';
import { answer } from './router.ts';
import { UploadSessions } from './upload-sessions.ts';

export interface RequestRecord {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** 0 when the connection ended before an answer began. */
  readonly status: number;
  readonly durationMs: number;
  /** What went wrong inside; the client was told only `internal error`. */
  readonly error?: unknown;
}

export interface RegistryOptions {
  readonly layout: ImageLayout;
  /** Default 127.0.0.1. Without `auth`, who can connect can read, and write unless `readOnly`. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Who may do what. Passwords and tokens cross the network as they are: away from loopback this needs `tls`. */
  readonly auth?: RegistryAuth;
  /** Key and certificate chain in PEM. Default plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Refuses everything that changes the layout. Default false. */
  readonly readOnly?: boolean;
  /** Bytes of one blob. Default 2 GiB. */
  readonly maxBlobBytes?: number;
  /** Uploads open at the same time. Default 100. */
  readonly maxUploads?: number;
  /** Milliseconds without a request after which an upload is dropped. Default 1 hour. */
  readonly uploadIdleMs?: number;
  /** Milliseconds without a byte after which a connection is cut in the middle of a request. Default 60,000. */
  readonly stallMs?: number;
  readonly log?: (record: RequestRecord) => void;
  readonly intercept?: Intercept;
  /** Misbehaves as the registries of docs/oci-quirks.md do, by number or `NUMBER:MODE`; after `intercept`. For tests of clients. */
  readonly quirks?: readonly QuirkName[];
}

export interface RegistryServer {
  /** `http://host:port` or `https://host:port`, without slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Ends open connections and unfinished uploads. */
  close(): Promise<void>;
}

/** Connections at the same time; a client needs a handful. */
const maxConnections = 1_000;

/** Serves a layout by the OCI distribution API 1.1 over HTTP/1.1. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md */
export async function serveRegistry(options: RegistryOptions): Promise<RegistryServer> {
  const { layout, host = '127.0.0.1', port = 0 } = options;
  const uploads = new UploadSessions(layout.blobs, {
    maxSessions: options.maxUploads ?? 100,
    idleMs: options.uploadIdleMs ?? 60 * 60 * 1000,
  });
  const registry = {
    layout,
    uploads,
    isReadOnly: options.readOnly ?? false,
    gate: options.auth === undefined ? undefined : new Gate(options.auth),
    maxBlobBytes: options.maxBlobBytes ?? 2 * 1024 ** 3,
  };
  const intercept = inOrder([options.intercept ?? (() => false), ...(options.quirks ?? []).map(quirk)]);
  const seen = { intercept, log: options.log };
  const server = await createListener(
    options.tls,
    (request, response) => void serve({ request, response }, registry, seen),
  );
  // A large blob over a thin link takes hours: what counts is that bytes keep coming.
  server.requestTimeout = 0;
  server.timeout = options.stallMs ?? 60_000;
  server.keepAliveTimeout = server.timeout;
  server.maxConnections = maxConnections;
  try {
    await listen(server, host, port);
  } catch (error) {
    await uploads.close();
    throw error;
  }
  const bound = (server.address() as AddressInfo).port;
  return {
    url: urlOf(options.tls, host, bound),
    port: bound,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await uploads.close();
    },
  };
}

function urlOf(tls: RegistryOptions['tls'], host: string, port: number): string {
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Node's servers are loaded here and not above: as an ES module `node:http` costs several MiB, and most who import this package serve nothing. */
async function createListener(tls: RegistryOptions['tls'], listener: RequestListener): Promise<Server> {
  if (tls === undefined) return (await import('node:http')).createServer(listener);
  return (await import('node:https')).createServer({ ...tls }, listener);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Never throws: a request that fails must not end the server. */
async function serve(
  { request, response }: Pick<Exchange, 'request' | 'response'>,
  registry: Registry,
  { intercept, log }: { readonly intercept: Intercept; readonly log: RegistryOptions['log'] },
): Promise<void> {
  const startedAt = performance.now();
  const [path = '', search = ''] = (request.url ?? '').split('?', 2);
  const exchange = { request, response, query: new URLSearchParams(search) };
  let failure: unknown;
  response.once('close', () => {
    log?.({
      method: request.method ?? '',
      path,
      status: response.headersSent ? response.statusCode : 0,
      durationMs: performance.now() - startedAt,
      ...(failure === undefined ? {} : { error: failure }),
    });
  });
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  try {
    const route = parseRoute(path);
    const taken = await Promise.resolve(intercept(request, response, route));
    if (taken === true) return;
    await answer(exchange, taken === false ? route : taken, registry);
  } catch (error) {
    failure = refuse(exchange, error);
  }
}

/** Returns what the log should know. */
function refuse(exchange: Exchange, error: unknown): unknown {
  const { response } = exchange;
  const apiError = asApiError(error);
  if (response.headersSent || response.destroyed) response.destroy();
  else sendError(exchange, apiError);
  return apiError.status >= 500 || response.destroyed ? (apiError.cause ?? apiError) : undefined;
}
