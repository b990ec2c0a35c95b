import type { KubernetesObject } from '../core/index.ts';

/** What a build yields: the objects in apply order, each checked for apiVersion, kind and name, none twice. */
export interface BuildOutput {
  readonly objects: readonly KubernetesObject[];
  /** Findings that stop nothing but that the operator should read. */
  readonly warnings: readonly string[];
}
