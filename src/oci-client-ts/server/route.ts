import { isRepositoryName } from '../name-grammar.ts';

/** What a path of the distribution API asks for. https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints */
export type Route =
  | { readonly kind: 'base' | 'catalog' | 'token' | 'unknown' | 'invalid-name' }
  | { readonly kind: 'uploads' | 'tags'; readonly repository: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob' | 'referrers'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly id: string };

type Named = (repository: string, last: string) => Route;

/** The first that fits counts: a repository may itself be called `a/blobs/uploads`. */
const rows: readonly (readonly [RegExp, Named])[] = [
  [/^(.+)\/manifests\/([^/]+)$/, (repository, reference) => ({ kind: 'manifest', repository, reference })],
  [/^(.+)\/tags\/list$/, (repository) => ({ kind: 'tags', repository })],
  [/^(.+)\/referrers\/([^/]+)$/, (repository, digest) => ({ kind: 'referrers', repository, digest })],
  [/^(.+)\/blobs\/uploads\/?$/, (repository) => ({ kind: 'uploads', repository })],
  [/^(.+)\/blobs\/uploads\/([^/]+)$/, (repository, id) => ({ kind: 'upload', repository, id })],
  [/^(.+)\/blobs\/([^/]+)$/, (repository, digest) => ({ kind: 'blob', repository, digest })],
];

const fixed: Readonly<Record<string, 'base' | 'catalog' | 'token'>> = {
  '/v2': 'base',
  '/v2/': 'base',
  '/v2/_catalog': 'catalog',
  '/token': 'token',
};

/** Reads the path of a request, percent signs still in it. */
export function parseRoute(path: string): Route {
  const decoded = decode(path);
  const kind = Object.hasOwn(fixed, decoded) ? fixed[decoded] : undefined;
  if (kind !== undefined) return { kind };
  if (!decoded.startsWith('/v2/')) return { kind: 'unknown' };
  for (const [pattern, route] of rows) {
    const [, repository, last = ''] = pattern.exec(decoded.slice('/v2/'.length)) ?? [];
    if (repository === undefined) continue;
    return isRepositoryName(repository) ? route(repository, last) : { kind: 'invalid-name' };
  }
  return { kind: 'unknown' };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
