import type { ObjectRef, Owner, Target } from '../../core/index.ts';

/** A kubeconfig, and the Secret that it stands in: `Secret/NAMESPACE/NAME`. */
export interface GivenKubeconfig {
  readonly subject: string;
  readonly text: string;
}

/** Which cluster, and as whom. */
export interface PlaceRequest {
  /** Absent: the cluster of the site. */
  readonly kubeconfig: GivenKubeconfig | undefined;
  /** The service account to act as. Absent: whoever the connection is of. */
  readonly account: Owner | undefined;
}

/** UID of an object; `undefined` when it is not there. @throws SealiftError TARGET_FAILED and its kin. */
export type UidOf = (ref: ObjectRef, signal: AbortSignal) => Promise<string | undefined>;

/** A target that was opened for those deliveries that go there. */
export interface OpenPlace {
  readonly target: Target;
  /** Whether the account is surely not there any more. Rejects only with the reason of the signal. */
  isAccountGone(signal: AbortSignal): Promise<boolean>;
  uidOf: UidOf;
  close(): Promise<void>;
}

/** Opens targets beside that of the site: other clusters, and other accounts. */
export interface PlaceOpener {
  /** Address of the API server of the site. */
  readonly server: string;
  /** At the target of the site. */
  readonly uidOf: UidOf;
  /** Address of the API server that a kubeconfig names. @throws SealiftError CONFIG_INVALID, CONFIG_UNSUPPORTED: also of all that it may not have. */
  serverOf(kubeconfig: GivenKubeconfig): string;
  /** Connects when the target is first asked for something. @throws as `serverOf`. */
  open(request: PlaceRequest): OpenPlace;
}
