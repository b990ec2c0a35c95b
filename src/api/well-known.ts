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
  /** Annotation only. */
  decrypt: 'kustomize.toolkit.fluxcd.io/decrypt',
} as const;

/** Annotation on a Kustomization or source: any new value asks for a reconcile now. */
export const requestedAtAnnotation = 'reconcile.fluxcd.io/requestedAt';

/** Annotation on a Kustomization: `true` lets a build without objects through. */
export const allowEmptyAnnotation = 'sealift.dev/allow-empty';

/** Annotation on a Kustomization: `true`, or the revision that it is for, lets most of its objects go at once. */
export const allowPruneAnnotation = 'sealift.dev/allow-prune';

/** Annotation on a Kustomization: `enabled` returns to the last good revision when another one fails; `disabled`, as without it, does not. */
export const rollbackAnnotation = 'sealift.dev/rollback';

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
  version: 'org.opencontainers.image.version',
} as const;

/** Annotations that say how new an artifact is and for whom: in its manifest, or signed beside its digest (`cosign sign -a`). */
export const freshnessAnnotations = {
  /** Manifest only. A whole number from 1 that grows with every release of a stream. */
  sequence: 'dev.sealift.sequence',
  /** Manifest only. What the sequence counts, where a repository holds more than one line of releases. */
  stream: 'dev.sealift.stream',
  /** RFC 3339: from then on nobody shall take this up any more. */
  expires: 'dev.sealift.expires',
  /** RFC 3339, signature only: when the signer said so. */
  issued: 'dev.sealift.issued',
  /** Comma-separated names of the sites or groups of sites that it is for. */
  audience: 'dev.sealift.audience',
  /** The floor, by value or digest, from which a site may go back to this artifact. */
  stepBack: 'dev.sealift.allow-step-back-from',
} as const;
