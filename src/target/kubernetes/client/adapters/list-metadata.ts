import { apiFailure } from '../answers/api-failure.ts';
import { readMetadataPage } from '../answers/metadata-page.ts';
import type { ApiResource, ListScope, MetadataPage } from '../client.ts';
import { listPath } from '../resource-path.ts';
import type { ApiReply, ApiRequest } from './api-transport.ts';
import { AnswerTooLarge } from './read-body.ts';

/** Objects in one page: some 2 KB of each, so that neither side holds more than a megabyte. */
const pageSize = 500;
/** Annotations of one object may have 256 KiB, and whoever may write them must not end the list: pages become smaller until one fits. */
const shrinkBy = 8;
const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;q=0.5';

type Ask = (request: ApiRequest) => Promise<ApiReply>;

/** Pages of a list: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
export async function* listMetadata(
  ask: Ask,
  resource: ApiResource,
  scope: ListScope,
): AsyncGenerator<MetadataPage, void, undefined> {
  const path = listPath(resource, scope);
  let limit = pageSize;
  let next = '';
  for (;;) {
    const query = new URLSearchParams({ limit: String(limit), ...(next === '' ? {} : { continue: next }) });
    const request = { method: 'GET', path: `${path}?${query}`, headers: { accept }, subject: path } as const;
    const reply = await ask(request).catch((error: unknown) => {
      if (error instanceof AnswerTooLarge && limit > 1) return undefined;
      throw error;
    });
    if (reply === undefined) {
      limit = Math.ceil(limit / shrinkBy);
      continue;
    }
    if (reply.status === 404) throw apiFailure(reply, request);
    const page = readMetadataPage(reply.body, path);
    next = page.next;
    yield { items: page.items, resourceVersion: page.resourceVersion };
    if (next === '') return;
  }
}
