import type { LiveMetadata, ManagedFields } from '../client/client.ts';
import { isOwn, ownEntry } from './own-entry.ts';

/** So many names say who it was; an object may have dozens. */
const maxWriters = 3;

/** Field managers that wrote the object itself since we did, the latest first. */
export function otherWriters(metadata: LiveMetadata): readonly string[] {
  const since = ownEntry(metadata)?.time ?? '';
  const others = (metadata.managedFields ?? []).filter(
    (entry) => !isOwn(entry) && (entry.subresource ?? '') === '' && timeOf(entry) >= since,
  );
  const latestFirst = others.toSorted((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1));
  return [...new Set(latestFirst.map(({ manager }) => manager))].slice(0, maxWriters);
}

/** RFC 3339 in UTC to the second, so that texts compare as times do. */
function timeOf({ time = '' }: ManagedFields): string {
  return time;
}
