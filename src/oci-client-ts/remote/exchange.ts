import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { networkFault } from './network-fault.ts';

/** Bytes can be sent twice, a stream cannot. */
export type RequestBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array>; readonly length: number };

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Exchange {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly signal: AbortSignal;
  /** What the errors are about. */
  readonly subject: string;
}

export interface ExchangeLimits {
  /** Milliseconds without an answer's headers. */
  readonly headersMs: number;
  /** Milliseconds without a byte of the body; a slow link is fine, a dead one is not. */
  readonly idleMs: number;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Readable;
}

/** One request and the head of its answer, no more: no redirect, no credential, no second try. @throws OciError, or the signal's reason. */
export async function exchange(
  dispatcher: Dispatcher,
  call: Exchange,
  limits: ExchangeLimits,
): Promise<RawAnswer> {
  try {
    const { statusCode, headers, body } = await dispatcher.request({
      origin: call.url.origin,
      path: `${call.url.pathname}${call.url.search}`,
      method: call.method,
      headers: { ...call.headers, ...contentLength(call) },
      body: outgoing(call.body),
      signal: call.signal,
      headersTimeout: limits.headersMs,
      bodyTimeout: limits.idleMs,
      // undici would close the connection behind every HEAD.
      reset: false,
    });
    // Destroying a body that nobody listens to must not end the process.
    body.on('error', () => {});
    return { status: statusCode, headers, body };
  } catch (cause) {
    call.signal.throwIfAborted();
    throw networkFault(cause, call.subject);
  }
}

function contentLength({ method, body }: Exchange): Record<string, string> {
  if (body === undefined) return method === 'POST' || method === 'PUT' ? { 'content-length': '0' } : {};
  return { 'content-length': `${body.kind === 'bytes' ? body.bytes.byteLength : body.length}` };
}

function outgoing(body: RequestBody | undefined): Uint8Array | Readable | null {
  if (body === undefined) return null;
  return body.kind === 'bytes' ? body.bytes : Readable.from(body.chunks, { objectMode: false });
}
