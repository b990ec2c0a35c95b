import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { maxManifestBytes } from '../../manifest.ts';

/** Reads a small request body and leaves it for the registry to read again; what is longer is cut off here. */
async function peekBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size <= maxManifestBytes) chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const again = (): AsyncIterator<Buffer> => Readable.from([body])[Symbol.asyncIterator]();
  Object.assign(request, { iterator: () => ({ [Symbol.asyncIterator]: again }) });
  return body;
}

/** A JSON document in a request body; an empty one for anything else. */
export async function peekDocument(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  try {
    const document: unknown = JSON.parse((await peekBody(request)).toString());
    return typeof document === 'object' && document !== null ? { ...document } : {};
  } catch {
    return {};
  }
}
