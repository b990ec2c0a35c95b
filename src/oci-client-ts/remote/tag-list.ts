import { readAll } from '../checked-content.ts';
import { OciError } from '../errors.ts';
import { isTag } from '../name-grammar.ts';
import type { Operation } from '../store.ts';
import type { Endpoint } from './endpoint.ts';
import { nextPage } from './next-page.ts';

/** Tags asked for at once: more is refused by ECR. */
const pageSize = 1000;
/** A repository that is never cleaned up has tens of thousands of tags; they are held in memory once to notice a list that repeats. */
const maxTags = 100_000;
const maxPages = 1000;
/** A registry that knows no pages sends all of them at once, up to 128 characters each. */
const maxPageBytes = 16 * 1024 * 1024;
/** Names that are no tags are sent back to ask for what is behind them; an address does not hold any length. */
const maxNameLength = 1024;

interface Page {
  /** As they came, whatever they are. */
  readonly names: readonly unknown[];
  readonly next: URL | undefined;
}

/**
 * All tags, page by page, each once. Entries that are no tag are left out: no request could name them.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
export async function* listTags(
  endpoint: Endpoint,
  operation: Operation,
): AsyncGenerator<string, void, undefined> {
  const seen = new Set<string>();
  for await (const names of pagesOf(endpoint, operation)) {
    for (const tag of names.filter(isTagName)) {
      if (seen.has(tag)) continue;
      if (seen.size >= maxTags) throw tooMany(endpoint, `${maxTags} tags`);
      seen.add(tag);
      yield tag;
    }
  }
}

const isTagName = (name: unknown): name is string => typeof name === 'string' && isTag(name);

async function* pagesOf(
  endpoint: Endpoint,
  { signal }: Operation,
): AsyncGenerator<Page['names'], void, undefined> {
  let last: string | undefined;
  let to: string | URL | undefined = `tags/list?n=${pageSize}`;
  for (let pages = 1; to !== undefined; pages += 1) {
    if (pages > maxPages) throw tooMany(endpoint, `${maxPages} pages`);
    const { names, next }: Page = await readPage(endpoint, to, signal);
    yield names;
    const before = last;
    last = next === undefined && names.length === pageSize ? lastOf(names, endpoint.name()) : undefined;
    to = next ?? (last === before ? undefined : pageBehind(last));
  }
}

/**
 * The end of a full page without a link: some registries forget it (public ECR), so the rest is asked for until the same end comes again.
 * @throws OciError `protocol` when it cannot be asked for.
 */
function lastOf(names: readonly unknown[], subject: string): string {
  const last = names.at(-1);
  if (typeof last === 'string' && last.length <= maxNameLength) return last;
  throw new OciError('protocol', subject, 'expected a list of tags, got a full page that ends with none');
}

function pageBehind(last: string | undefined): string | undefined {
  return last === undefined ? undefined : `tags/list?n=${pageSize}&last=${encodeURIComponent(last)}`;
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
    const names = parsePage(await readAll(answer.chunks(), maxPageBytes, subject), subject);
    return { names, next: nextPage(answer.url, answer.headers('link'), subject) };
  });
}

function parsePage(content: Uint8Array, subject: string): readonly unknown[] {
  let page: unknown;
  try {
    page = JSON.parse(new TextDecoder().decode(content));
  } catch (cause) {
    throw new OciError('protocol', subject, 'expected a list of tags in JSON', { cause });
  }
  const tags = typeof page === 'object' && page !== null && 'tags' in page ? page.tags : undefined;
  if (tags === null) return [];
  if (!Array.isArray(tags)) throw new OciError('protocol', subject, 'expected a list of tags, got none');
  return tags;
}
