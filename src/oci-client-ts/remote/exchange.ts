import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { AnswerListener, type RawAnswer } from './answer-listener.ts';
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

/** One request and the head of its answer, no more: no redirect, no credential, no second try. @throws OciError, or the signal's reason. */
export async function exchange(
  dispatcher: Dispatcher,
  call: Exchange,
  limits: ExchangeLimits,
): Promise<RawAnswer> {
  const { signal, subject } = call;
  try {
    signal.throwIfAborted();
    return await new Promise<RawAnswer>((resolve, reject) => {
      const sent = outgoing(call.body);
      const options = {
        origin: call.url.origin,
        path: `${call.url.pathname}${call.url.search}`,
        method: call.method,
        headers: { ...call.headers, ...contentLength(call) },
        body: sent,
        headersTimeout: limits.headersMs,
        bodyTimeout: limits.idleMs,
        // undici would close the connection behind every HEAD.
        reset: false,
      };
      dispatcher.dispatch(options, new AnswerListener({ signal, sent, resolve, reject }));
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw networkFault(cause, subject);
  }
}

function contentLength({ method, body }: Exchange): Record<string, string> {
  if (body === undefined) return method === 'POST' || method === 'PUT' ? { 'content-length': '0' } : {};
  return { 'content-length': `${body.kind === 'bytes' ? body.bytes.byteLength : body.length}` };
}

/**
 * undici counts the wait for an answer from its last write, and bytes are one write to it: what takes a link a while goes in pieces, or the
 * limit would pass while it is still on its way.
 */
const pieceBytes = 64 * 1024;

function outgoing(body: RequestBody | undefined): Uint8Array | Readable | null {
  if (body === undefined) return null;
  if (body.kind === 'bytes' && body.bytes.byteLength <= pieceBytes) return body.bytes;
  const chunks = body.kind === 'bytes' ? pieces(body.bytes) : body.chunks;
  return Readable.from(chunks, { objectMode: false });
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
