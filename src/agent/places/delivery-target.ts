import type { DeliveryPlace } from '../../api/index.ts';
import type { Target } from '../../core/index.ts';
import type { UidOf } from './place-opener.ts';

/** Where a delivery goes, opened. */
export interface DeliveryTarget {
  /** The same for all who share it, and another one when it was opened anew. */
  readonly key: string;
  readonly place: DeliveryPlace;
  /** Address of its API server: objects of one name in clusters of two addresses are two objects. */
  readonly cluster: string;
  readonly target: Target;
  /** Whether the account that it acts as is surely not there any more. Rejects only with the reason of the signal. */
  isAccountGone(signal: AbortSignal): Promise<boolean>;
  readonly uidOf: UidOf;
}
