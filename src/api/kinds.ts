import * as z from 'zod';
import { kustomizationSchema } from './kustomization.ts';
import { ociRepositorySchema } from './oci-repository.ts';
import { configMapSchema, secretSchema } from './values.ts';
import { verificationPolicySchema } from './verification-policy.ts';

/** Every kind that a configuration may hold. */
export const siteObjectSchema = z.discriminatedUnion('kind', [
  ociRepositorySchema,
  kustomizationSchema,
  secretSchema,
  configMapSchema,
  verificationPolicySchema,
]);

export type SiteObject = z.output<typeof siteObjectSchema>;
