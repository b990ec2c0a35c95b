import type { ObjectRef, Owner, Target } from '../../core/index.ts';

/** A kubeconfig, and the Secret that it stands in: `Secret/NAMESPACE/NAME`. */
interface GivenKubeconfig {
  readonly kind: 'kubeconfig';
  readonly subject: string;
  readonly text: string;
}

/** The values of a ConfigMap, `ConfigMap/NAMESPACE/NAME`, which name a cluster and an account of the same namespace whose token is shown there. */
interface GivenConfigMap {
  readonly kind: 'config-map';
  readonly subject: string;
  readonly namespace: string;
  readonly data: Readonly<Record<string, string>>;
}

/** What a delivery brings to reach another cluster. */
export type GivenAccess = GivenKubeconfig | GivenConfigMap;

/** Which cluster, and as whom. */
export interface PlaceRequest {
  /** Absent: the cluster of the site. */
  readonly access: GivenAccess | undefined;
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
  /** Address of the API server that is named. @throws SealiftError CONFIG_INVALID, CONFIG_UNSUPPORTED: also of all that it may not have. */
  serverOf(access: GivenAccess): string;
  /** Connects when the target is first asked for something. @throws as `serverOf`. */
  open(request: PlaceRequest): OpenPlace;
}
