import { maxBuildBytes } from '../yaml/yaml-limits.ts';
import type { ExecLimits } from './exec.ts';

/** Milliseconds for one run of kustomize or sops. Real overlays build in seconds; only a bomb takes longer. */
export const execTimeLimitMs = 60_000;

/** Bytes of one run of kustomize or sops. Argo CD, with 1.5 MiB of definitions, takes some 180 MiB; sites are small. */
export const execMemoryLimitBytes = 512 * 1024 * 1024;

/** What a program may cost unless the agent is told otherwise. */
export const defaultExecLimits: ExecLimits = {
  timeMs: execTimeLimitMs,
  outputBytes: maxBuildBytes,
  memoryBytes: execMemoryLimitBytes,
};
