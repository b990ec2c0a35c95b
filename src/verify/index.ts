export { attachSignature, isSignedBy } from './adapters/attached-signature.ts';
export { generateKeyPair } from './adapters/key-pair.ts';
export { forgetEvidence } from './adapters/kept-evidence.ts';
export type { StandingPorts } from './adapters/standing-stage.ts';
export { createKeepingVerifyStage, createStandingStage } from './adapters/standing-stage.ts';
export { createVerifyStage } from './adapters/verify-stage.ts';
export type { PrivateKey } from './signing/private-key.ts';
export { openPrivateKey } from './signing/private-key.ts';
export { signManifest } from './signing/sign-manifest.ts';
