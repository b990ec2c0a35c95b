import { resolve } from 'node:path';
import { SealiftError } from '../../src/core/index.ts';

/** Where the objects of a site go. */
export type TargetPlace =
  | { readonly kind: 'directory'; readonly path: string }
  /** The cluster that a context of a kubeconfig names, the current one without. */
  | { readonly kind: 'kubeconfig'; readonly path: string; readonly context?: string }
  /** The cluster that this process runs in. */
  | { readonly kind: 'cluster' };

/** What a `--target` says. @throws SealiftError USAGE. */
export function targetPlace(target: string): TargetPlace {
  if (target === 'cluster') return { kind: 'cluster' };
  const [, directory] = /^dir:(.+)$/.exec(target) ?? [];
  if (directory !== undefined) return { kind: 'directory', path: resolve(directory) };
  const [, path, context] = /^kubeconfig:([^#]+)(?:#(.+))?$/.exec(target) ?? [];
  if (path !== undefined) {
    return { kind: 'kubeconfig', path: resolve(path), ...(context === undefined ? {} : { context }) };
  }
  const forms = 'expected dir:PATH, kubeconfig:PATH, kubeconfig:PATH#CONTEXT or cluster';
  throw new SealiftError('USAGE', `--target ${target}`, forms);
}
