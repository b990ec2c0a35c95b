import type { LiveMetadata, ManagedFields } from '../client/client.ts';
import { canonicalText } from '../text/canonical-text.ts';
import { shortHash } from '../text/short-hash.ts';

/** The peer's name: only then is a takeover from it and to it free of conflicts. */
export const fieldManager = 'kustomize-controller';

/** What the API server notes of the fields that our applies set; `undefined` when none of them is ours any more. */
export function ownEntry({ managedFields = [] }: LiveMetadata): ManagedFields | undefined {
  return managedFields.find(isOwn);
}

export function isOwn({ manager, operation, subresource = '' }: ManagedFields): boolean {
  return manager === fieldManager && operation === 'Apply' && subresource === '';
}

/**
 * Changes when a field of ours is changed or removed by another hand, which takes it out of the entry, and when somebody writes other values
 * under our name, which moves its time: https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
 */
export function entryHash({ apiVersion, time, fieldsV1 }: ManagedFields): string {
  return shortHash(canonicalText([apiVersion, time ?? '', fieldsV1 ?? {}]));
}
