import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteRange } from '../layout/read-file.ts';
import { mediaTypes } from '../media-types.ts';
import { ApiError, refusing } from './api-error.ts';
import { parseByteRange, type RangeAnswer } from './byte-range.ts';
import { type Endpoint, type Exchange, isKnown, type Registry, sendEmpty } from './exchange.ts';
import type { Route } from './route.ts';

type BlobRoute = Extract<Route, { readonly kind: 'blob' | 'referrers' }>;

async function sizeOf({ digest }: BlobRoute, { layout }: Registry): Promise<number> {
  const size = await refusing(() => layout.blobs.size(digest), { invalid: [400, 'DIGEST_INVALID'] });
  if (size === undefined) throw unknownBlob(digest);
  return size;
}

function unknownBlob(digest: string): ApiError {
  return new ApiError(404, 'BLOB_UNKNOWN', `${digest}: no such blob`);
}

export const getBlob: Endpoint<BlobRoute> = async (exchange, route, registry) => {
  const size = await sizeOf(route, registry);
  const { digest } = route;
  // Who asks for the head alone is about to push a manifest that names it.
  const isProbe = exchange.request.method === 'HEAD' && !registry.isReadOnly;
  if (isProbe && !(await registry.layout.blobs.renew(digest))) throw unknownBlob(digest);
  const headers = { 'docker-content-digest': digest, etag: `"${digest}"`, 'accept-ranges': 'bytes' };
  if (isKnown(exchange, digest)) return sendEmpty(exchange, 304, headers);
  const answer = rangeOf(exchange, digest, size);
  if (answer.kind === 'unsatisfiable') {
    throw new ApiError(416, 'SIZE_INVALID', `${digest}: range outside of ${size} bytes`, {
      headers: { 'content-range': `bytes */${size}` },
    });
  }
  const { start, end } = answer.kind === 'part' ? answer.range : { start: 0, end: size };
  exchange.response.writeHead(answer.kind === 'part' ? 206 : 200, {
    ...headers,
    'content-type': mediaTypes.octetStream,
    'content-length': `${end - start}`,
    ...(answer.kind === 'part' ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {}),
  });
  if (exchange.request.method === 'HEAD') exchange.response.end();
  else await sendContent(exchange, route, { size, answer }, registry);
};

function rangeOf({ request }: Exchange, digest: string, size: number): RangeAnswer {
  const condition = request.headers['if-range'];
  const applies = condition === undefined || condition === `"${digest}"`;
  return parseByteRange(applies ? request.headers.range : undefined, size);
}

/** Whole content is compared with its digest on the way: the connection ends early rather than well when it differs. */
async function sendContent(
  { response }: Exchange,
  { digest }: BlobRoute,
  { size, answer }: { readonly size: number; readonly answer: RangeAnswer },
  { layout }: Registry,
): Promise<void> {
  const part = (range: ByteRange): AsyncIterable<Uint8Array> => layout.blobs.read(digest, range);
  const content =
    answer.kind === 'part'
      ? part(answer.range)
      : layout.repository().fetch({ mediaType: mediaTypes.octetStream, digest, size });
  await pipeline(Readable.from(content, { objectMode: false }), response);
}

export const deleteBlob: Endpoint<BlobRoute> = async (exchange, route, registry) => {
  await sizeOf(route, registry);
  await registry.layout.blobs.remove(route.digest);
  sendEmpty(exchange, 202);
};
