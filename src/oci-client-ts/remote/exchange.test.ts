import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { expect, it } from 'vitest';
import { exchange } from './exchange.ts';

interface Sent {
  readonly headers: unknown;
  /** As it was handed over: one entry for bytes, one for each piece of a stream. */
  readonly pieces: Uint8Array[];
  readonly isStream: boolean;
}

/** Takes the body, and answers when it has ended. */
function taker(): { sent: Sent[]; dispatcher: Dispatcher } {
  const sent: Sent[] = [];
  const controller = { abort: () => {}, pause: () => {}, resume: () => {} } as never;
  const take = async (body: unknown): Promise<Uint8Array[]> =>
    body instanceof Readable ? body.toArray() : [body as Uint8Array];
  const dispatch: Dispatcher['dispatch'] = ({ body, headers }, listener) => {
    listener.onRequestStart?.(controller, undefined);
    void take(body).then((pieces) => {
      sent.push({ headers, pieces, isStream: body instanceof Readable });
      listener.onResponseStart?.(controller, 201, {});
      listener.onResponseEnd?.(controller, {});
    });
    return true;
  };
  return { sent, dispatcher: { dispatch } as unknown as Dispatcher };
}

it.each([
  ['bytes that fit into one write go as they are', 65_536, [65_536]],
  [
    'more goes in pieces, since only a write says that the link moves',
    200_000,
    [65_536, 65_536, 65_536, 3_392],
  ],
])('%s', async (_behaviour, size, pieces) => {
  const { sent, dispatcher } = taker();
  const bytes = Buffer.alloc(size, 'content');
  const call = {
    method: 'PUT',
    url: new URL('http://reg.example/v2/'),
    headers: {},
    subject: 'test',
  } as const;
  const { signal } = new AbortController();
  const limits = { headersMs: 1000, idleMs: 1000 };
  await exchange(dispatcher, { ...call, signal, body: { kind: 'bytes', bytes } }, limits);
  expect(sent[0]?.pieces.map(({ byteLength }) => byteLength)).toEqual(pieces);
  expect(sent[0]?.isStream).toBe(pieces.length > 1);
  expect(sent[0]?.headers).toEqual({ 'content-length': `${size}` });
  expect(Buffer.concat(sent[0]?.pieces ?? []).equals(bytes)).toBe(true);
});
