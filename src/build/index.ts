export { createChildProcessExec } from './adapters/child-process.ts';
export { createBuildStage, type DecryptionSettings } from './adapters/create-build-stage.ts';
export { findKustomize } from './adapters/find-kustomize.ts';
export {
  makePrivateDirectory,
  removePrivateDirectory,
  sweepBuilds,
} from './adapters/private-directory.ts';
export type { TracedBuild } from './build-stage.ts';
export type { Exec, ExecLimits, ExecOutcome, ExecRequest } from './exec.ts';
export { defaultExecLimits } from './exec-limits.ts';
