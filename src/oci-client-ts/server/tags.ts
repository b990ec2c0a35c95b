import { collect } from '../collect.ts';
import { refusing } from './api-error.ts';
import { type Endpoint, sendJson } from './exchange.ts';
import { pageOf } from './page.ts';
import type { Route } from './route.ts';

/** About 1 MiB of the longest tags; others refuse to send more than 1,000 at once. */
const limits = { entries: 8_000, size: 1024 * 1024, nameOf: (name: string) => name };

export const listTags: Endpoint<Extract<Route, { readonly kind: 'uploads' | 'tags' }>> = async (
  exchange,
  { repository },
  { layout },
) => {
  const all = await refusing(() => collect(layout.repository(repository).tags()), {
    'not-found': [404, 'NAME_UNKNOWN'],
  });
  const path = `/v2/${repository}/tags/list`;
  const { items, link } = pageOf(all, { path, query: exchange.query }, limits);
  sendJson(exchange, 200, { name: repository, tags: items }, link === undefined ? {} : { link });
};

/** Not in the specification, and yet what `crane catalog` and people ask first. */
export const listRepositories: Endpoint = async (exchange, _route, { layout }) => {
  const all = await layout.repositories();
  const { items, link } = pageOf(all, { path: '/v2/_catalog', query: exchange.query }, limits);
  sendJson(exchange, 200, { repositories: items }, link === undefined ? {} : { link });
};
