import * as z from 'zod';
import { localReferenceSchema, metadataSchema, nameSchema, namespaceSchema } from './metadata.ts';

const keySchema = z
  .strictObject({
    /** PEM public key. */
    data: z.string().min(1).optional(),
    /** Secret in the policy's namespace; every entry that ends in `.pub` is a key. */
    secretRef: localReferenceSchema.optional(),
  })
  .refine(
    (key) => (key.data === undefined) !== (key.secretRef === undefined),
    'expected exactly one of data and secretRef',
  );

const matchSchema = z
  .strictObject({
    /** Globs over `HOST/REPOSITORY` (or the directory of a layout): `*` within a segment, `**` across segments. */
    repositories: z.array(z.string().min(1)).default([]),
    /** Sources by name. */
    sources: z.array(z.strictObject({ name: nameSchema, namespace: namespaceSchema.optional() })).default([]),
  })
  .refine(
    (match) => match.repositories.length + match.sources.length > 0,
    'expected at least one repository or source',
  );

/** `VerificationPolicy`, sealift.dev/v1alpha1: who may sign what. Every policy that matches a source must hold. */
export const verificationPolicySchema = z.strictObject({
  apiVersion: z.literal('sealift.dev/v1alpha1'),
  kind: z.literal('VerificationPolicy'),
  metadata: metadataSchema,
  spec: z.strictObject({
    match: matchSchema,
    authorities: z.array(z.strictObject({ name: nameSchema, key: keySchema })).min(1),
    /** Signature formats that are looked at; `bundle` alone keeps legacy signatures from being offered instead. */
    formats: z
      .array(z.enum(['bundle', 'legacy']))
      .min(1)
      .default(['bundle', 'legacy']),
  }),
  status: z.unknown().optional(),
});

export type VerificationPolicy = z.output<typeof verificationPolicySchema>;
