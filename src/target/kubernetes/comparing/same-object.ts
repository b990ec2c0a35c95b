import type { LiveObject } from '../client/client.ts';
import { canonicalText } from '../text/canonical-text.ts';

/** True when an apply that was only tried would change nothing: what it would make of an object is what is there. */
export function changesNothing(live: LiveObject, tried: LiveObject): boolean {
  return comparable(live) === comparable(tried);
}

/** Without what moves by itself; the fields of each manager count, for what is not ours cannot be taken away by us later. */
function comparable({ metadata, status: _, ...rest }: LiveObject): string {
  const { resourceVersion: _version, generation: _generation, managedFields = [], ...steady } = metadata;
  const owned = managedFields
    .filter(({ subresource = '' }) => subresource === '')
    .map(({ manager, operation, apiVersion, fieldsV1 }) =>
      canonicalText([manager, operation, apiVersion, fieldsV1]),
    );
  return canonicalText({ ...rest, metadata: steady, owned: owned.sort() });
}
