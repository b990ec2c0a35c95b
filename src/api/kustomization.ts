import * as z from 'zod';
import { durationSchema } from './duration.ts';
import { ignoreRulesSchema } from './ignore-rule.ts';
import {
  localReferenceSchema,
  metadataSchema,
  nameSchema,
  namespaceSchema,
  stringMapSchema,
} from './metadata.ts';
import { rollbackAnnotation } from './well-known.ts';

/** Which objects a patch is for; every field but the selectors is an anchored regular expression. */
const selectorSchema = z.strictObject({
  group: z.string().optional(),
  version: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
  labelSelector: z.string().optional(),
  annotationSelector: z.string().optional(),
});

const imageSchema = z.strictObject({
  name: z.string().min(1),
  newName: z.string().optional(),
  newTag: z.string().optional(),
  digest: z.string().optional(),
});

const postBuildSchema = z.strictObject({
  substitute: stringMapSchema.default({}),
  substituteFrom: z
    .array(
      z.strictObject({
        kind: z.enum(['Secret', 'ConfigMap']),
        name: nameSchema,
        optional: z.boolean().default(false),
      }),
    )
    .default([]),
  substituteStrategy: z.enum(['WithVariables', 'Always']).default('WithVariables'),
});

/** An object that has to become healthy; of the group `apps` where nothing else is said, as in Flux. */
const healthCheckSchema = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.string().min(1),
  name: z.string().min(1).max(253),
  namespace: namespaceSchema.optional(),
});

/** How objects of a kind, or of all kinds of a group, are doing: conditions in CEL. */
const healthExpressionsSchema = z.strictObject({
  apiVersion: z.string().min(1),
  kind: z.string().optional(),
  current: z.string().min(1),
  inProgress: z.string().optional(),
  failed: z.string().optional(),
});

/** Another cluster: https://fluxcd.io/flux/components/kustomize/kustomizations/#kubeconfig-remote-clusters */
const kubeConfigSchema = z
  .strictObject({
    secretRef: z.strictObject({ name: nameSchema, key: z.string().min(1).optional() }).optional(),
    configMapRef: localReferenceSchema.optional(),
  })
  .refine(({ secretRef, configMapRef }) => (secretRef === undefined) !== (configMapRef === undefined), {
    error: 'expected exactly one of secretRef and configMapRef',
  });

const specSchema = z.strictObject({
  interval: durationSchema,
  retryInterval: durationSchema.optional(),
  timeout: durationSchema.optional(),
  path: z.string().default('./'),
  prune: z.boolean(),
  sourceRef: z.strictObject({
    apiVersion: z.string().optional(),
    kind: z.enum(['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact']),
    name: nameSchema,
    namespace: namespaceSchema.optional(),
  }),
  suspend: z.boolean().default(false),
  force: z.boolean().default(false),
  wait: z.boolean().default(false),
  targetNamespace: namespaceSchema.optional(),
  namePrefix: z.string().min(1).max(200).optional(),
  nameSuffix: z.string().min(1).max(200).optional(),
  commonMetadata: z
    .strictObject({ labels: stringMapSchema.default({}), annotations: stringMapSchema.default({}) })
    .default({ labels: {}, annotations: {} }),
  images: z.array(imageSchema).default([]),
  patches: z
    .array(z.strictObject({ patch: z.string().min(1), target: selectorSchema.optional() }))
    .default([]),
  components: z.array(z.string()).default([]),
  ignoreMissingComponents: z.boolean().default(false),
  buildMetadata: z.array(z.enum(['originAnnotations', 'transformerAnnotations'])).default([]),
  postBuild: postBuildSchema.optional(),
  dependsOn: z
    .array(
      z.strictObject({
        name: nameSchema,
        namespace: namespaceSchema.optional(),
        readyExpr: z.string().optional(),
      }),
    )
    .default([]),
  deletionPolicy: z.enum(['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan']).default('MirrorPrune'),
  decryption: z
    .strictObject({
      provider: z.literal('sops'),
      secretRef: localReferenceSchema.optional(),
      serviceAccountName: z.string().optional(),
    })
    .optional(),
  serviceAccountName: nameSchema.optional(),
  kubeConfig: kubeConfigSchema.optional(),
  healthChecks: z.array(healthCheckSchema).optional(),
  healthCheckExprs: z.array(healthExpressionsSchema).optional(),
  ignore: ignoreRulesSchema.default([]),
});

/** A word that nobody knows would leave a site without the way back that its owner counts on. */
function hasKnownRollback({ annotations }: z.output<typeof metadataSchema>): boolean {
  const value = annotations[rollbackAnnotation];
  return value === undefined || value === 'enabled' || value === 'disabled';
}

/** `Kustomization`, kustomize.toolkit.fluxcd.io/v1: one delivery. Durations are milliseconds. */
export const kustomizationSchema = z.strictObject({
  apiVersion: z.literal('kustomize.toolkit.fluxcd.io/v1'),
  kind: z.literal('Kustomization'),
  metadata: metadataSchema.refine(hasKnownRollback, {
    path: ['annotations', rollbackAnnotation],
    error: 'expected "enabled" or "disabled"',
  }),
  spec: specSchema,
  status: z.unknown().optional(),
});

export type Kustomization = z.output<typeof kustomizationSchema>;
