import * as z from 'zod';
import { durationSchema } from './duration.ts';
import { localReferenceSchema, metadataSchema } from './metadata.ts';

/** Flux takes `oci://` alone; an image layout, in a directory or a tar, is a registry too. */
const urlSchema = z
  .string()
  .regex(
    /^oci(-layout|-archive)?:.+$/,
    'expected oci://HOST/REPOSITORY, oci-layout:DIRECTORY or oci-archive:FILE',
  )
  .refine(
    (url) => !/^oci:\/\/[^/]*@/.test(url),
    'expected no user or password in the URL; name a Secret in spec.secretRef',
  )
  // Policies and floors know a layout by its path, which must not depend on where the agent was started.
  .refine((url) => !/^oci(-layout|-archive)?:[^/]/.test(url), 'expected an absolute path after the colon');

const layerSelectorSchema = z.strictObject({
  mediaType: z.string().min(1).optional(),
  operation: z.enum(['extract', 'copy']).default('extract'),
});

const verifySchema = z.strictObject({
  provider: z.enum(['cosign', 'notation']).default('cosign'),
  secretRef: localReferenceSchema.optional(),
  matchOIDCIdentity: z.array(z.strictObject({ issuer: z.string(), subject: z.string() })).optional(),
  trustedRootSecretRef: localReferenceSchema.optional(),
});

const specSchema = z.strictObject({
  url: urlSchema,
  interval: durationSchema,
  timeout: durationSchema.default(60_000),
  ref: z
    .strictObject({
      tag: z.string().min(1).optional(),
      semver: z.string().min(1).optional(),
      semverFilter: z.string().min(1).optional(),
      digest: z.string().min(1).optional(),
    })
    .default({}),
  layerSelector: layerSelectorSchema.default({ operation: 'extract' }),
  ignore: z.string().optional(),
  insecure: z.boolean().default(false),
  provider: z.enum(['generic', 'aws', 'azure', 'gcp']).default('generic'),
  secretRef: localReferenceSchema.optional(),
  serviceAccountName: z.string().optional(),
  certSecretRef: localReferenceSchema.optional(),
  proxySecretRef: localReferenceSchema.optional(),
  suspend: z.boolean().default(false),
  verify: verifySchema.optional(),
});

/** `OCIRepository`, source.toolkit.fluxcd.io/v1: a repository to poll. Durations are milliseconds. */
export const ociRepositorySchema = z.strictObject({
  apiVersion: z.literal('source.toolkit.fluxcd.io/v1'),
  kind: z.literal('OCIRepository'),
  metadata: metadataSchema,
  spec: specSchema,
  status: z.unknown().optional(),
});

export type OciRepository = z.output<typeof ociRepositorySchema>;
