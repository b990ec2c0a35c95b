import { readAll } from '../checked-content.ts';
import { OciError } from '../errors.ts';
import { isTag } from '../name-grammar.ts';
import type { Operation } from '../store.ts';
import type { Endpoint } from './endpoint.ts';
import { judgeHop } from './hop.ts';
import { nextLink } from './link.ts';

/** Tags asked for at once: more is refused by ECR. */
const pageSize = 1000;
/** A repository that is never cleaned up has tens of thousands of tags; they are held in memory once to notice a list that repeats. */
const maxTags = 100_000;
const maxPages = 1000;
/** A registry that knows no pages sends all of them at once, up to 128 characters each. */
const maxPageBytes = 16 * 1024 * 1024;

interface Page {
  readonly tags: readonly string[];
  readonly next: URL | undefined;
}

/**
 * All tags, page by page, each once. Entries that are no tag are left out: no request could name them.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
export async function* listTags(
  endpoint: Endpoint,
  { signal }: Operation,
): AsyncGenerator<string, void, undefined> {
  const seen = new Set<string>();
  let to: string | URL | undefined = `tags/list?n=${pageSize}`;
  for (let pages = 1; to !== undefined; pages += 1) {
    if (pages > maxPages) throw tooMany(endpoint, `${maxPages} pages`);
    const page: Page = await readPage(endpoint, to, signal);
    const fresh = page.tags.filter((tag) => !seen.has(tag));
    for (const tag of fresh) {
      if (seen.size >= maxTags) throw tooMany(endpoint, `${maxTags} tags`);
      seen.add(tag);
      yield tag;
    }
    to = page.next ?? unlinkedPage(page.tags, fresh.length);
  }
}

/** A full page without a link: some registries forget it (public ECR), so the rest is asked for until nothing new comes. */
function unlinkedPage(tags: readonly string[], fresh: number): string | undefined {
  const last = tags.at(-1);
  if (tags.length !== pageSize || fresh === 0 || last === undefined) return undefined;
  return `tags/list?n=${pageSize}&last=${encodeURIComponent(last)}`;
}

function tooMany(endpoint: Endpoint, limit: string): OciError {
  return new OciError(
    'too-large',
    endpoint.name(),
    `expected at most ${limit} in the list of tags, got more`,
  );
}

function readPage(endpoint: Endpoint, to: string | URL, signal: AbortSignal | undefined): Promise<Page> {
  const subject = endpoint.name();
  return endpoint.request({ method: 'GET', to, subject, signal }, async (answer) => {
    await answer.expect(200);
    const tags = parsePage(await readAll(answer.chunks(), maxPageBytes, subject), subject);
    return { tags, next: nextPage(answer.url, answer.headers('link'), subject) };
  });
}

/** The next page, which must be of the same origin. @throws OciError `protocol`: a list that ends early would look complete. */
export function nextPage(from: URL, links: readonly string[], subject: string): URL | undefined {
  const link = nextLink(links);
  if (link === undefined) return undefined;
  const hop = judgeHop(from, link);
  if (hop.kind === 'same-origin' && hop.url.href !== from.href) return hop.url;
  const found =
    hop.kind === 'refused' ? hop.reason : hop.kind === 'foreign' ? hop.url.host : 'this page again';
  throw new OciError('protocol', subject, `expected the next page on the same host, got ${found}`);
}

function parsePage(content: Uint8Array, subject: string): readonly string[] {
  let page: unknown;
  try {
    page = JSON.parse(new TextDecoder().decode(content));
  } catch (cause) {
    throw new OciError('protocol', subject, 'expected a list of tags in JSON', { cause });
  }
  const tags = typeof page === 'object' && page !== null && 'tags' in page ? page.tags : undefined;
  if (tags === null) return [];
  if (!Array.isArray(tags)) throw new OciError('protocol', subject, 'expected a list of tags, got none');
  return tags.filter((tag) => typeof tag === 'string' && isTag(tag));
}
