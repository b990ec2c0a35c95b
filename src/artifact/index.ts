export { packDirectory } from './adapters/pack-directory.ts';
export { sweepTrees } from './adapters/tree-store.ts';
export { createUnpackStage, type UnpackStage, type UnpackStageOptions } from './adapters/unpack-stage.ts';
export { type ArtifactOrigin, artifactManifest, layerOf } from './artifact-manifest.ts';
export { defaultUnpackLimits, type UnpackLimits } from './limits.ts';
