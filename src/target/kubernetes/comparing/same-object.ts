import type { LiveObject } from '../client/client.ts';
import { type FieldSet, withoutPlace } from '../ignoring/field-set.ts';
import { canonicalText } from '../text/canonical-text.ts';

/**
 * True when an apply that was only tried would change nothing: what it would make of an object is what is there. Who holds the fields at `places`,
 * which are left to others, does not matter.
 */
export function changesNothing(
  live: LiveObject,
  tried: LiveObject,
  places: readonly (readonly string[])[],
): boolean {
  return comparable(live, places) === comparable(tried, places);
}

/** Without what moves by itself; the fields of each manager count, for what is not ours cannot be taken away by us later. */
function comparable(
  { metadata, status: _, ...rest }: LiveObject,
  places: readonly (readonly string[])[],
): string {
  const { resourceVersion: _version, generation: _generation, managedFields = [], ...steady } = metadata;
  const owned = managedFields
    .filter(({ subresource = '' }) => subresource === '')
    .map(({ fieldsV1, ...entry }) => ({ ...entry, held: places.reduce(withoutPlace, fieldsV1 as FieldSet) }))
    .filter(({ held }) => places.length === 0 || Object.keys(held).length > 0)
    .map(({ manager, operation, apiVersion, held }) => canonicalText([manager, operation, apiVersion, held]));
  return canonicalText({ ...rest, metadata: steady, owned: owned.sort() });
}
