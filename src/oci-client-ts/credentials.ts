/** What every kind of credential may say of its own end. */
interface Expiring {
  /** Milliseconds since the epoch; absent when it does not end by itself. */
  readonly expiresAt?: number;
}

/** A user name and password, shown to the registry or to its token server, whichever asks. */
export interface BasicCredential extends Expiring {
  readonly kind: 'basic';
  readonly username: string;
  readonly password: string;
}

/** An OAuth2 refresh token: shown to the token server alone, which gives an access token for it. */
export interface IdentityCredential extends Expiring {
  readonly kind: 'identity';
  readonly token: string;
  /** For token servers that take the token only as this user's password. */
  readonly username?: string;
}

/** An access token, shown to the registry as it is. */
export interface BearerCredential extends Expiring {
  readonly kind: 'bearer';
  readonly token: string;
}

/** How to prove who asks. Lives in memory alone. */
export type Credential = BasicCredential | IdentityCredential | BearerCredential;

/** Whose credential is wanted. */
export interface CredentialRequest {
  /** `HOST[:PORT]` in lower case. */
  readonly host: string;
  readonly repository: string;
}

/** A place that credentials come from: a file, a secret, a helper program, a cloud. */
export interface CredentialProvider {
  /** True when this provider is the one to ask for this host; asks nobody. */
  match(host: string): boolean;
  /** The credentials to try, best first; none means that it knows of none. A failure is thrown, and never looks like none. */
  get(request: CredentialRequest, signal: AbortSignal): Promise<readonly Credential[]>;
  /** The registry refused what was given: what is kept from before is to be fetched again. */
  forget?(host: string): void;
}

/** Looks up the credential for a repository; absence means anonymous. */
export type CredentialSource = (
  host: string,
  repository: string,
) => Credential | undefined | Promise<Credential | undefined>;
