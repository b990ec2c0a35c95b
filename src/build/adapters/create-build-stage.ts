import type { BuildOutput } from '../../api/index.ts';
import { SealiftError } from '../../core/index.ts';
import { type BuildRequest, buildObjects } from '../build-stage.ts';
import type { Exec } from '../exec.ts';
import { openDiskTree } from './disk-tree.ts';
import { findKustomize, type KustomizeLookup } from './find-kustomize.ts';
import { createTemporaryWorkspaces } from './temporary-workspaces.ts';

export interface BuildSettings extends KustomizeLookup {
  readonly exec: Exec;
  /** Where trees with a kustomization are copied to while they are built. */
  readonly temporaryDirectory: string;
}

export interface BuildStage {
  /**
   * The objects of a delivery, in apply order. Kustomize is needed only for trees with a kustomization file and for
   * deliveries that ask for a transformation.
   * @throws SealiftError; the codes are in docs/errors.md. Rejects with the signal's reason when aborted.
   */
  build(request: BuildRequest, signal: AbortSignal): Promise<BuildOutput>;
}

/** A program that was named and is none is not a reason to look elsewhere. */
async function requireNamed(settings: BuildSettings): Promise<string | undefined> {
  const found = await findKustomize(settings);
  if (found !== undefined || settings.kustomize === undefined) return found;
  throw new SealiftError('KUSTOMIZE_NOT_FOUND', settings.kustomize, 'expected the path of a program');
}

/** The build stage on real files and a real kustomize. */
export function createBuildStage(settings: BuildSettings): BuildStage {
  const ports = {
    openTree: openDiskTree,
    findKustomize: () => requireNamed(settings),
    workspaces: createTemporaryWorkspaces(settings.temporaryDirectory),
    exec: settings.exec,
  };
  return { build: (request, signal) => buildObjects(ports, request, signal) };
}
