import type { BuiltObject } from './built-object.ts';

/** The objects of a delivery in apply order, each with what is known of its way. */
export interface TracedBuild {
  readonly objects: readonly BuiltObject[];
  readonly warnings: readonly string[];
  /** What stood in encrypted files that kustomize was given in clear. */
  readonly clearTexts: readonly string[];
}
