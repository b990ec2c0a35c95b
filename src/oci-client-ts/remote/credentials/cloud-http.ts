import { setTimeout as wait } from 'node:timers/promises';
import { readAll } from '../../checked-content.ts';
import { OciError } from '../../errors.ts';
import { isLoopback } from '../../loopback.ts';
import { type RegistryClock, systemClock } from '../clock.ts';
import { type ConnectionSettings, Connections } from '../connections.ts';
import { exchange } from '../exchange.ts';
import { networkFault } from '../network-fault.ts';
import { parseRetryAfter } from '../retry-policy.ts';
import { isMetadataHost } from './metadata-host.ts';

/** One request to a cloud's API. */
export interface CloudRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface CloudReply {
  readonly status: number;
  readonly text: string;
  /** Milliseconds, as the cloud asked. */
  readonly retryAfterMs?: number;
}

/** The way to a cloud's API; redirects are not followed. */
export type CloudHttp = (request: CloudRequest, signal: AbortSignal) => Promise<CloudReply>;

/** Tokens take some kilobytes. */
const maxReplyBytes = 256 * 1024;
/** A cloud's API answers in a second, or is down. */
const limits = { headersMs: 30_000, idleMs: 30_000 };
const totalMs = 60_000;

/** The way to clouds over connections of its own; they close by themselves when nobody has used them for a while. */
export function cloudHttp(settings: ConnectionSettings & { readonly clock?: RegistryClock } = {}): CloudHttp {
  const { clock = systemClock } = settings;
  const connections = new Connections(settings);
  return async ({ method, url, headers, body }, signal) => {
    const subject = `${url.origin}${url.pathname}`;
    if (url.protocol !== 'https:' && !isLoopback(url.host) && !isMetadataHost(url)) {
      throw new OciError('invalid', subject, 'expected an address with https');
    }
    const late = new AbortController();
    const both = AbortSignal.any([signal, late.signal]);
    const timer = wait(totalMs, undefined, { signal: both, ref: false }).then(
      () => late.abort(new OciError('timeout', subject, `expected an answer within ${totalMs} ms`)),
      () => {},
    );
    try {
      const content =
        body === undefined ? {} : { body: { kind: 'bytes', bytes: Buffer.from(body) } as const };
      const dispatcher = connections.dispatcher(url, url);
      const raw = await exchange(
        dispatcher,
        { method, url, headers, ...content, signal: both, subject },
        limits,
      );
      const text = new TextDecoder().decode(await readAll(raw.body, maxReplyBytes, subject));
      const retryAfterMs = parseRetryAfter([raw.headers['retry-after']].flat()[0], clock.now());
      return { status: raw.status, text, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    } catch (error) {
      both.throwIfAborted();
      throw networkFault(error, subject);
    } finally {
      late.abort(new Error('done'));
      await timer;
    }
  };
}
