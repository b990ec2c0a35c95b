import type { bundleFromJSON } from '@sigstore/bundle';
import type { TrustedRoot } from '@sigstore/protobuf-specs';
import type { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';

/** The parts of the Sigstore libraries that are used here, and nowhere else. */
export interface SigstoreLibrary {
  readonly bundleFromJSON: typeof bundleFromJSON;
  readonly TrustedRoot: typeof TrustedRoot;
  readonly toSignedEntity: typeof toSignedEntity;
  readonly toTrustMaterial: typeof toTrustMaterial;
  readonly Verifier: typeof Verifier;
}

/** Loads them when a policy first needs them: an agent that checks keys alone does without their 5 MiB. */
export async function loadSigstoreLibrary(): Promise<SigstoreLibrary> {
  const [bundle, specs, verify] = await Promise.all([
    import('@sigstore/bundle'),
    import('@sigstore/protobuf-specs'),
    import('@sigstore/verify'),
  ]);
  return {
    bundleFromJSON: bundle.bundleFromJSON,
    TrustedRoot: specs.TrustedRoot,
    toSignedEntity: verify.toSignedEntity,
    toTrustMaterial: verify.toTrustMaterial,
    Verifier: verify.Verifier,
  };
}
