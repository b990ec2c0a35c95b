import * as z from 'zod';

/** RFC 1123 subdomain: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
export const nameSchema = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    'expected a lower-case DNS name',
  );

/** RFC 1123 label. */
export const namespaceSchema = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'expected a lower-case DNS label');

export const stringMapSchema = z.record(z.string(), z.string());

/** Where kubectl puts an object whose file names no namespace. */
const defaultNamespace = 'default';

/** What an API server adds, so that objects exported from a cluster are read as they are. Not used. */
const serverFields = Object.fromEntries(
  [
    'creationTimestamp',
    'deletionGracePeriodSeconds',
    'deletionTimestamp',
    'finalizers',
    'generation',
    'managedFields',
    'ownerReferences',
    'resourceVersion',
    'selfLink',
    'uid',
  ].map((name) => [name, z.unknown().optional()]),
);

/** Metadata of our kinds. */
export const metadataSchema = z.strictObject({
  ...serverFields,
  name: nameSchema,
  namespace: namespaceSchema.default(defaultNamespace),
  labels: stringMapSchema.default({}),
  annotations: stringMapSchema.default({}),
});

/** `name` of an object in the same namespace. */
export const localReferenceSchema = z.strictObject({ name: nameSchema });
