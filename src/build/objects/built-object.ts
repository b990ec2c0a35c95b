import type { KubernetesObject } from '../../core/index.ts';

/** Where an object of an overlay comes from. */
export interface ObjectOrigin {
  /** File with line and document where they are known, or the kustomization that generated it; `undefined` when kustomize does not tell. */
  readonly place: string | undefined;
  /** What it went through, in order, as `PatchTransformer of overlay/kustomization.yaml`. */
  readonly through: readonly string[];
  /** The patches that were applied to it, each by its place in a kustomization and its file. */
  readonly patches: readonly string[];
}

/** An object on its way through the build. */
export interface BuiltObject {
  readonly object: KubernetesObject;
  /** Where it was written: file, line and document; for what kustomize printed, the place in that unless its origin is known. */
  readonly place: string;
  /** Pointers of its strings that were quoted in the file and hold a `$`; empty for what kustomize printed. */
  readonly quoted: ReadonlySet<string>;
  /** Pointers of values that were decrypted. */
  readonly decrypted?: ReadonlySet<string>;
  /** Where it comes from by what kustomize said; set when that was asked for. */
  readonly origin?: ObjectOrigin;
  /** Steps after kustomize that changed it. */
  readonly changedBy?: readonly string[];
}

/** The object with one more step that changed it. */
export function withChange(built: BuiltObject, by: string): BuiltObject {
  return { ...built, changedBy: [...(built.changedBy ?? []), by] };
}
