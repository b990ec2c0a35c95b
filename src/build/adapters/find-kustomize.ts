import { findProgram, type ProgramLookup } from './find-program.ts';

/** Where kustomize is looked for, in this order. */
export interface KustomizeLookup extends Pick<ProgramLookup, 'searchPath' | 'programDirectory'> {
  /** A path that was named; when it is no program nothing else is tried. */
  readonly kustomize?: string;
}

/** How to look for kustomize. */
export function kustomizeLookup({ kustomize, ...places }: KustomizeLookup): ProgramLookup {
  return { name: 'kustomize', ...places, ...(kustomize === undefined ? {} : { named: kustomize }) };
}

/** The path of the kustomize binary; `undefined` when there is none. */
export function findKustomize(lookup: KustomizeLookup): Promise<string | undefined> {
  return findProgram(kustomizeLookup(lookup));
}
