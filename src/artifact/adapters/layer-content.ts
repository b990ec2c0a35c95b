import type { Descriptor } from 'oci-client-ts';
import { requireGzip, sniffBytes } from '../compression.ts';
import { contentFailure } from '../unpack-failure.ts';
import { untilAborted } from './until-aborted.ts';

/** Opens a layer of the local layout. Its stream ends in an error when the digest is wrong, so its end has to be reached. */
export type OpenLayer = (layer: Descriptor, signal: AbortSignal) => AsyncIterable<Uint8Array>;

export interface LayerContent {
  readonly layer: Descriptor;
  readonly open: OpenLayer;
  readonly subject: string;
}

/** The bytes of the layer; whatever fails here is a fault of the content, not of the archive. */
export async function* readLayer(
  { layer, open, subject }: LayerContent,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of untilAborted(open(layer, signal), signal)) {
      if (chunk.length > 0) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw contentFailure(error, subject);
  }
}

/** The same bytes, once their first ones have shown that they are gzip. */
export async function* requireGzipLayer(content: LayerContent, signal: AbortSignal): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of readLayer(content, signal)) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < sniffBytes) continue;
    requireGzip(head, content.layer.mediaType, content.subject);
    yield head;
    head = undefined;
  }
  if (head === undefined) return;
  requireGzip(head, content.layer.mediaType, content.subject);
  yield head;
}
