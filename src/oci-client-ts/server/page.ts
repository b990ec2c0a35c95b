import { ApiError } from './api-error.ts';

export interface PageLimits<T> {
  readonly entries: number;
  /** Characters of JSON. A page holds at least one entry. */
  readonly size: number;
  readonly nameOf: (item: T) => string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Value of the `Link` header, when there is more. */
  readonly link?: string;
}

/**
 * The part of a list sorted by name that `?n=` and `?last=` ask for.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags @throws ApiError 400.
 */
export function pageOf<T>(
  all: readonly T[],
  { path, query }: { readonly path: string; readonly query: URLSearchParams },
  limits: PageLimits<T>,
): Page<T> {
  const asked = query.get('n');
  if (asked !== null && !/^\d{1,9}$/.test(asked)) {
    throw new ApiError(400, 'UNSUPPORTED', `n: expected a number, got ${asked.slice(0, 40)}`);
  }
  const count = Math.min(asked === null ? limits.entries : Number(asked), limits.entries);
  if (count === 0) return { items: [] };
  const last = query.get('last') ?? '';
  const rest = all.filter((item) => limits.nameOf(item) > last);
  const items = rest.slice(0, fitting(rest.slice(0, count), limits.size));
  const end = items.at(-1);
  if (end === undefined || items.length === rest.length) return { items };
  const next = new URLSearchParams(query);
  next.set('n', `${count}`);
  next.set('last', limits.nameOf(end));
  return { items, link: `<${path}?${next}>; rel="next"` };
}

function fitting(items: readonly unknown[], size: number): number {
  let sum = 0;
  const tooMuch = items.findIndex((item) => {
    sum += JSON.stringify(item).length;
    return sum > size;
  });
  return tooMuch === -1 ? items.length : Math.max(tooMuch, 1);
}
