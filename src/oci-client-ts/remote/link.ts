/** A next page's address is as long as the request's own plus a cursor. */
const maxLinkLength = 8192;

/**
 * The target of the `Link` to the next page (RFC 8288), or nothing when this was the last. A link without any `rel` counts: to end the list
 * there would look like a shorter list.
 */
export function nextLink(headers: readonly string[]): string | undefined {
  return headers
    .flatMap((header) => [...header.slice(0, maxLinkLength).matchAll(/<([^<>]*)>([^<]*)/g)])
    .map(([, target = '', parameters = '']) => ({ target, relation: relationOf(parameters) }))
    .find(({ relation }) => relation === undefined || relation.split(/\s+/).includes('next'))?.target;
}

function relationOf(parameters: string): string | undefined {
  const found = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters);
  return (found?.[1] ?? found?.[2])?.toLowerCase();
}
