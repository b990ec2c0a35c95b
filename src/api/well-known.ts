/** Labels that mark what a delivery owns, as kustomize-controller sets them. */
export const ownerLabels = {
  name: 'kustomize.toolkit.fluxcd.io/name',
  namespace: 'kustomize.toolkit.fluxcd.io/namespace',
} as const;

/** Keys on delivered objects, label or annotation, that steer how they are handled. Values compare without case. */
export const objectKeys = {
  ssa: 'kustomize.toolkit.fluxcd.io/ssa',
  force: 'kustomize.toolkit.fluxcd.io/force',
  prune: 'kustomize.toolkit.fluxcd.io/prune',
  reconcile: 'kustomize.toolkit.fluxcd.io/reconcile',
  substitute: 'kustomize.toolkit.fluxcd.io/substitute',
} as const;

/** Annotation on a Kustomization or source: any new value asks for a reconcile now. */
export const requestedAtAnnotation = 'reconcile.fluxcd.io/requestedAt';

/** Annotation on a Kustomization: `true` lets a build without objects through. */
export const allowEmptyAnnotation = 'sealift.dev/allow-empty';

/** Annotation on an OCIRepository: `true` lets it go unsigned although a policy asked for signatures before. */
export const allowUnsignedAnnotation = 'sealift.dev/allow-unsigned';

/** Media types of Flux artifacts. */
export const fluxMediaTypes = {
  config: 'application/vnd.cncf.flux.config.v1+json',
  content: 'application/vnd.cncf.flux.content.v1.tar+gzip',
} as const;

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md */
export const ociAnnotations = {
  created: 'org.opencontainers.image.created',
  source: 'org.opencontainers.image.source',
  revision: 'org.opencontainers.image.revision',
} as const;
