/** How one text of a certificate has to read: exactly so, or by a pattern. An empty text never matches. */
export interface TextRule {
  /** For messages: what the policy says. */
  readonly written: string;
  matches(text: string): boolean;
}

/** Whom a certificate has to name. Every rule that is given has to hold. */
export interface IdentityRule {
  /** Who vouched for the signer: Fulcio's OIDC issuer. */
  readonly issuer?: TextRule;
  /** Subject alternative name. */
  readonly subject: TextRule;
  /** By object identifier, dotted: what Fulcio wrote of the workflow. https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
  readonly extensions: ReadonlyMap<string, TextRule>;
}
