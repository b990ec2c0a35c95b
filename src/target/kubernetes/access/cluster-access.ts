import type { TokenSource } from './account-token.ts';

/** A text that stands in the configuration itself, or in a file that may be replaced at any time. */
export type Material =
  | { readonly kind: 'inline'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string };

/** Acts as somebody else: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** A program that prints credentials: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
export interface ExecPlugin {
  readonly apiVersion: string;
  /** Absolute, or a name to be looked for in $PATH. */
  readonly command: string;
  readonly args: readonly string[];
  /** Besides those of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where to get the program. */
  readonly installHint?: string;
  readonly provideClusterInfo: boolean;
  /** What the kubeconfig has for this plugin at its cluster. */
  readonly config?: unknown;
}

/** How we prove who we are; several of them at once are possible. */
export interface Login {
  readonly token?: Material;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly certificate?: Material;
  readonly key?: Material;
  readonly exec?: ExecPlugin;
  /** Asked for a token, which is kept until shortly before its end. */
  readonly issued?: TokenSource;
}

/** How to reach a cluster, as a kubeconfig says it. Programs and files that it names are run and read by whoever connects. */
export interface ClusterAccess {
  /** `https://HOST[:PORT][/PATH]`; plain HTTP to loopback alone. */
  readonly server: string;
  /** Default: the authorities of the system. */
  readonly authority?: Material;
  /** The name that the certificate of the server has to bear, where it is not that of `server`. */
  readonly serverName?: string;
  /** True: any certificate will do. */
  readonly insecureSkipVerify: boolean;
  /** `http[s]://HOST:PORT`. */
  readonly proxy?: string;
  readonly login: Login;
  readonly impersonate?: Impersonation;
}
