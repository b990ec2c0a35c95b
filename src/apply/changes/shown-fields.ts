import { isKind, type KindName, type ObjectRef } from '../../core/index.ts';

interface ShownFields {
  readonly kind: KindName;
  /** JSON pointers of the fields whose values may be shown, with all below them. */
  readonly fields: readonly string[];
}

/**
 * Kinds that hold secrets, and what of them may be read by anyone who may read a plan. Everything else of them is masked,
 * annotations too: `kubectl apply` keeps a copy of the data in one.
 */
const shownFields: readonly ShownFields[] = [
  {
    kind: 'secret',
    fields: ['/apiVersion', '/kind', '/type', '/immutable', '/metadata/labels', '/metadata/ownerReferences'],
  },
];

/** True when the value at `path` may be shown. */
export function mayShow(ref: ObjectRef, path: string): boolean {
  const row = shownFields.find(({ kind }) => isKind(ref, kind));
  return row === undefined || row.fields.some((field) => path === field || path.startsWith(`${field}/`));
}
