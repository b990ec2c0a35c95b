import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ImageLayout } from '../layout/image-layout.ts';
import { ApiError } from './api-error.ts';
import type { Route } from './route.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** One request with its answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

/** Says who may do what. */
export interface Gatekeeper {
  /** @throws ApiError 401 with a challenge, 403. */
  check(exchange: Exchange, route: Route): void;
  /** Answers at the token endpoint. @throws ApiError 400, 401, 404. */
  sendToken(exchange: Exchange): void;
}

/** What the endpoints share. */
export interface Registry {
  readonly layout: ImageLayout;
  readonly uploads: UploadSessions;
  readonly isReadOnly: boolean;
  /** Absent: everybody may do everything. */
  readonly gate: Gatekeeper | undefined;
  readonly maxBlobBytes: number;
}

export type Endpoint<R extends Route = Route> = (
  exchange: Exchange,
  route: R,
  registry: Registry,
) => Promise<void>;

/** Answers without body. */
export function sendEmpty(
  { response }: Exchange,
  status: number,
  headers: Record<string, string> = {},
): void {
  response.writeHead(
    status,
    status === 304 || status === 204 ? headers : { 'content-length': '0', ...headers },
  );
  response.end();
}

/** Answers with a small body in memory; HEAD gets its headers alone. */
export function sendBody(
  { request, response }: Exchange,
  status: number,
  body: { readonly type: string; readonly content: Uint8Array },
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'content-type': body.type,
    'content-length': `${body.content.byteLength}`,
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body.content);
}

export function sendJson(
  exchange: Exchange,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const { 'content-type': type = 'application/json', ...rest } = headers;
  sendBody(exchange, status, { type, content: new TextEncoder().encode(JSON.stringify(value)) }, rest);
}

export function sendError(exchange: Exchange, error: ApiError): void {
  // The rest of a refused body would have to be read before the next request: dropping the connection is cheaper for both.
  const close: Record<string, string> = exchange.request.complete ? {} : { connection: 'close' };
  const body = { errors: [{ code: error.code, message: error.message }] };
  sendJson(exchange, error.status, body, { ...error.headers, ...close });
}

/** True when the client says it has this content already. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
export function isKnown({ request }: Exchange, digest: string): boolean {
  const known = request.headers['if-none-match'];
  if (known === undefined) return false;
  return known.split(',').some((etag) => ['*', `"${digest}"`].includes(etag.trim().replace(/^W\//, '')));
}

/** The body of a request; a reader that stops early can still answer. */
export function bodyOf({ request }: Exchange): AsyncIterable<Uint8Array> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

/** The length a client announced, checked before anything is read. @throws ApiError 413. */
export function checkAnnounced({ request }: Exchange, limit: number): void {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length <= limit) return;
  throw new ApiError(413, 'SIZE_INVALID', `expected at most ${limit} bytes, got ${length}`);
}

/** From here on only our own disk is waited for, which may be slow: the silence is not the client's. */
export function stopStallClock({ request }: Exchange): void {
  request.socket.setTimeout(0);
}
