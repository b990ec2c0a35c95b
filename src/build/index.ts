export { createChildProcessExec } from './adapters/child-process.ts';
export { createBuildStage, type DecryptionSettings } from './adapters/create-build-stage.ts';
export { findKustomize } from './adapters/find-kustomize.ts';
export {
  makePrivateDirectory,
  removePrivateDirectory,
  sweepBuilds,
} from './adapters/private-directory.ts';
export type { TracedBuild } from './objects/traced-build.ts';
export type { Exec, ExecLimits, ExecOutcome, ExecRequest } from './programs/exec.ts';
export { defaultExecLimits } from './programs/exec-limits.ts';
