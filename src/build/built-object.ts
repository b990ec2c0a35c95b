import type { KubernetesObject } from '../core/index.ts';

/** An object on its way through the build. */
export interface BuiltObject {
  readonly object: KubernetesObject;
  /** Where it was written: file, line and document. */
  readonly place: string;
  /** Pointers of its strings that were quoted in the file and hold a `$`; empty for what kustomize printed. */
  readonly quoted: ReadonlySet<string>;
}
