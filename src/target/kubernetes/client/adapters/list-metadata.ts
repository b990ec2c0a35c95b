import { SealiftError } from '../../../../core/index.ts';
import { apiFailure } from '../answers/api-failure.ts';
import { readMetadataPage } from '../answers/metadata-page.ts';
import type { ApiResource, ListOptions, MetadataPage } from '../client.ts';
import { listPath } from '../resource-path.ts';
import type { ApiReply, ApiRequest } from './api-transport.ts';
import { AnswerTooLarge } from './read-body.ts';

/** Objects in one page: some 2 KB of each, so that neither side holds more than a megabyte. */
const maxPageSize = 500;
/** Annotations of one object may have 256 KiB, and whoever may write them must not end the list: pages become smaller until one fits. */
const shrinkBy = 8;
const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;q=0.5';

/** A list that goes on longer has no end: fifty million objects by full pages, more than any server holds. */
const maxPages = 100_000;

type Ask = (request: ApiRequest) => Promise<ApiReply>;

/** Pages of a list: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
export async function* listMetadata(
  ask: Ask,
  resource: ApiResource,
  { pageSize = maxPageSize, ...scope }: ListOptions,
): AsyncGenerator<MetadataPage, void, undefined> {
  const path = listPath(resource, scope);
  let limit = pageSize;
  let next = '';
  for (let pages = 1; ; ) {
    const request = pageRequest(path, limit, next);
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
    if (pages === maxPages)
      throw new SealiftError('TARGET_FAILED', path, `expected a list of at most ${maxPages} pages, got more`);
    pages += 1;
  }
}

function pageRequest(path: string, limit: number, next: string): ApiRequest {
  const query = new URLSearchParams({ limit: String(limit), ...(next === '' ? {} : { continue: next }) });
  return { method: 'GET', path: `${path}?${query}`, headers: { accept }, subject: path };
}
