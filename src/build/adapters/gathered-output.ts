import type { Readable } from 'node:stream';

/**
 * Milliseconds without output after which a program may have written all. A large one takes several more to end; one that has more to say only
 * has its reader disturbed.
 */
const pauseMs = 1;

const lineBreak = 10;

/** Keeps the first bytes of a stream; `overflow` is called when there are more. */
export function gather(stream: Readable, limit: number, overflow: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    const room = limit - length;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    length += chunk.length;
    if (length > limit) overflow();
  });
  return () => {
    if (chunks.length !== 1) chunks.splice(0, chunks.length, Buffer.concat(chunks));
    return chunks[0] ?? Buffer.alloc(0);
  };
}

/** Tells once, when the stream has given whole lines and then nothing for a moment, but has not ended. */
export function onPause(stream: Readable, tell: () => void): void {
  let endsLine = false;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    stream.off('data', wait);
  };
  const look = (): void => {
    if (!endsLine) return;
    stop();
    tell();
  };
  const wait = (chunk: Buffer): void => {
    endsLine = chunk.at(-1) === lineBreak;
    timer = timer?.refresh() ?? setTimeout(look, pauseMs);
  };
  stream.on('data', wait);
  stream.on('close', stop);
}
