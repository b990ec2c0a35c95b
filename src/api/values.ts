import * as z from 'zod';
import { metadataSchema, stringMapSchema } from './metadata.ts';

/** `Secret`, v1. Values of `data` are base64; `stringData` wins over `data`, as in the API. */
export const secretSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Secret'),
  metadata: metadataSchema,
  type: z.string().default('Opaque'),
  immutable: z.boolean().optional(),
  data: z.record(z.string(), z.base64()).default({}),
  stringData: stringMapSchema.default({}),
});

export type Secret = z.output<typeof secretSchema>;

/** `ConfigMap`, v1. */
export const configMapSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('ConfigMap'),
  metadata: metadataSchema,
  immutable: z.boolean().optional(),
  data: stringMapSchema.default({}),
  binaryData: z.record(z.string(), z.base64()).default({}),
});

export type ConfigMap = z.output<typeof configMapSchema>;
