import type { Readable } from 'node:stream';
import { SealiftError } from '../../../../core/index.ts';
import { readWatchEvent } from '../answers/watch-event.ts';
import { WatchLines } from '../answers/watch-lines.ts';
import { type ApiResource, type ListScope, minWatchMs, type WatchEvent } from '../client.ts';
import { listPath } from '../resource-path.ts';
import type { ApiRequest } from './api-transport.ts';

const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json;q=0.5';

interface Watch {
  readonly scope: ListScope;
  readonly from: string;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
export async function* watchMetadata(
  open: (request: ApiRequest) => Promise<Readable>,
  resource: ApiResource,
  { scope, from, random }: Watch,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void, undefined> {
  const path = listPath(resource, scope);
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    // As much again at most: not all of them at once.
    timeoutSeconds: String(Math.round((minWatchMs / 1000) * (1 + random))),
  });
  const body = await open({ method: 'GET', path: `${path}?${query}`, headers: { accept }, subject: path });
  const lines = new WatchLines(path);
  try {
    // From here on nothing that happened since is missed.
    yield { type: 'BOOKMARK', resourceVersion: from };
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      for (const line of lines.add(chunk)) yield readWatchEvent(line, path);
    }
  } catch (error) {
    signal.throwIfAborted();
    // Of the connection: the watch has ended, and whoever asks again hears why.
    if (error instanceof SealiftError) throw error;
  } finally {
    body.destroy();
  }
}
