import { collect } from '../collect.ts';
import type { Descriptor } from '../descriptor.ts';
import { parseDigest } from '../digest.ts';
import { mediaTypes } from '../media-types.ts';
import { refusing } from './api-error.ts';
import { type Endpoint, sendJson } from './exchange.ts';
import { pageOf } from './page.ts';
import type { Route } from './route.ts';

/** A page stays well below the 4 MiB that clients take for an index. */
const limits = { entries: 1_000, size: 2 * 1024 * 1024, nameOf: ({ digest }: Descriptor) => digest };

export const listReferrers: Endpoint<Extract<Route, { readonly kind: 'blob' | 'referrers' }>> = async (
  exchange,
  { repository, digest },
  { layout },
) => {
  await refusing(() => parseDigest(digest), { invalid: [400, 'DIGEST_INVALID'] });
  const artifactType = exchange.query.get('artifactType');
  const subject = { mediaType: '', digest, size: 0 };
  const filter = artifactType === null ? {} : { artifactType };
  const all = await collect(layout.repository(repository).referrers(subject, filter));
  all.sort((one, other) => (one.digest < other.digest ? -1 : 1));
  const path = `/v2/${repository}/referrers/${digest}`;
  const { items, link } = pageOf(all, { path, query: exchange.query }, limits);
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: items };
  sendJson(exchange, 200, index, {
    'content-type': mediaTypes.ociIndex,
    ...(artifactType === null ? {} : { 'oci-filters-applied': 'artifactType' }),
    ...(link === undefined ? {} : { link }),
  });
};
