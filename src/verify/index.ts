export type { AttachedStatement } from './adapters/attached-statement.ts';
export { attachStatement, isSignedBy } from './adapters/attached-statement.ts';
export { requestCiToken } from './adapters/ci-token.ts';
export { forgetEvidence } from './adapters/kept-evidence.ts';
export { generateKeyPair } from './adapters/key-pair.ts';
export { sigstoreSigner } from './adapters/sigstore-signer.ts';
export type { StandingPorts } from './adapters/standing-stage.ts';
export { createKeepingVerifyStage, createStandingStage } from './adapters/standing-stage.ts';
export { createTrustedRoots } from './adapters/stored-roots.ts';
export type { Explanation } from './adapters/verify-stage.ts';
export { createVerifyStage, explainVerdict } from './adapters/verify-stage.ts';
export { createFreshnessStage, floorRepository } from './freshness/freshness-stage.ts';
export { movedFloor } from './freshness/moved-floor.ts';
export { policyFaults } from './policy/policy-faults.ts';
export type {
  AskedAuthority,
  AttemptReport,
  FoundEvidence,
  PolicyReport,
} from './policy/report.ts';
export type { TrustedRoots } from './policy/trusted-roots.ts';
export { readTrustedRootFile } from './proof/trusted-root-file.ts';
export type { BundleSigner, SignedBy } from './signing/bundle-signer.ts';
export { keySigner } from './signing/bundle-signer.ts';
export type { IdentityToken } from './signing/identity-token.ts';
export { readIdentityToken } from './signing/identity-token.ts';
export type { PrivateKey } from './signing/private-key.ts';
export { openPrivateKey } from './signing/private-key.ts';
export type { Predicate, SignedStatement } from './signing/signed-statement.ts';
export { attestationStatement, maxPredicateBytes, signatureStatement } from './signing/signed-statement.ts';
export type { SigningServices } from './signing/signing-services.ts';
export { publicGoodServices, readSigningConfig, serviceUrl } from './signing/signing-services.ts';
