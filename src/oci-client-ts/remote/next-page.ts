import { OciError } from '../errors.ts';
import { judgeHop } from './hop.ts';
import { nextLink } from './link.ts';

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
