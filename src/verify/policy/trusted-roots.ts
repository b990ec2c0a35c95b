import type { TrustedRoot } from '../proof/trusted-root.ts';

/** Which trusted root a policy means. */
export type WantedRoot =
  /** One that the site has stored. */
  | { readonly kind: 'stored'; readonly name: string }
  /** Text of a `trusted_root.json`; `subject` says where it stands, for messages. */
  | { readonly kind: 'given'; readonly content: string; readonly subject: string };

/** Where trusted roots come from. */
export interface TrustedRoots {
  /** @throws SealiftError OBJECT_NOT_FOUND for a name that the site has not stored, TRUST_INVALID, DISK_FAILED. */
  open(wanted: WantedRoot): Promise<TrustedRoot>;
}

/** The root of the public-good instance: what a policy means that names none. */
export const defaultRoot: Extract<WantedRoot, { kind: 'stored' }> = {
  kind: 'stored',
  name: 'public-good',
};
