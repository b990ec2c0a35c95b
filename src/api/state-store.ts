import type { Validator } from 'oci-client-ts';
import type { SealiftEvent } from '../core/index.ts';
import type { FetchedLayer } from './artifact.ts';
import type { DeliveryJournal } from './delivery-journal.ts';
import type { DeliveryPlace, FormerPlace } from './delivery-place.ts';
import type { HealthWait } from './health-wait.ts';
import type { Floors, TimeMemory } from './site-memory.ts';
import type { DeliveryStatus, SourceStatus } from './status.ts';
import type { Termination } from './termination.ts';
import type { Refusal } from './verdict.ts';

/** What the agent knows of a source between polls and across restarts. */
export interface SourceRecord {
  readonly name: string;
  readonly namespace: string;
  /** Counts changes of the spec, as an API server does. */
  readonly generation: number;
  readonly specHash: string;
  /** Its spec says so. Absent: as false. */
  readonly suspended?: boolean;
  readonly status: SourceStatus;
  /** Of the last poll that ended well. */
  readonly validator?: Validator;
  /** The layer in force; its tree can be made again from the local layout. */
  readonly layer?: FetchedLayer;
  /** What the verdict on the layer in force rests on; when that of now is another one, it has to be judged again. */
  readonly basis?: string;
  /** Milliseconds since the epoch from which on it has to be judged again. Absent: time changes nothing. */
  readonly validUntil?: number;
  /** It was refused when it was judged again: it is kept, and nothing is applied from it. */
  readonly revoked?: boolean;
  /** Who asked for a signature or attestation of the revision in force and got one, as in `Signer.policy`. Absent: nobody. */
  readonly verifiedBy?: readonly string[];
  /** Milliseconds since the epoch from which on the revision in force would not be taken up any more. Absent: no end was signed. */
  readonly freshUntil?: number;
  /** What was asked of the revision in force as to how fresh it is; when something else is asked now, the next poll judges it again. */
  readonly freshnessBasis?: string;
  /** What policies in mode `warn` said of how fresh the revision in force is, when it was taken up. Absent: nothing. */
  readonly freshnessWarnings?: readonly Refusal[];
  /** Polls that failed in a row. */
  readonly failures: number;
}

/** What the agent knows of a delivery across restarts. */
export interface DeliveryRecord {
  readonly name: string;
  readonly namespace: string;
  readonly generation: number;
  readonly specHash: string;
  /** Its spec says so. Absent: as false. */
  readonly suspended?: boolean;
  readonly status: DeliveryStatus;
  /** The objects of the inventory are deleted when the delivery leaves the configuration. */
  readonly prune: boolean;
  /** Only while its objects are waited for. */
  readonly waiting?: HealthWait;
  /** Only of a delivery that waits until they are gone. */
  readonly termination?: Termination;
  readonly failures: number;
  /** Only of a delivery that may go back to its last good revision. */
  readonly journal?: DeliveryJournal;
  /** Where the objects of the inventory are. Absent: at the target of the site, by the agent itself. */
  readonly place?: DeliveryPlace;
  /** What is still to be taken back elsewhere, once the place of now has what is asked for. */
  readonly former?: readonly FormerPlace[];
}

/** Records of one kind, by namespace and name. */
export interface Records<T> {
  all(): readonly T[];
  find(namespace: string, name: string): T | undefined;
  save(record: T): void;
  /** As `save`, and lost when the power fails before the next `save`: for what can be made again from the rest, such as a verdict. */
  saveDerived(record: T): void;
  /** Its absence is success. */
  remove(namespace: string, name: string): void;
}

/** What happened, kept for those who ask later. */
export interface EventLog {
  /** Keeps the newest thousand. What was told since the last `save` of a record is lost when the power fails, and only then. */
  append(event: SealiftEvent): void;
  /** Newest last, at most `limit`. */
  newest(limit: number): readonly SealiftEvent[];
}

/**
 * The durable memory of a site. Every call is complete and on disk when it returns, but where it says otherwise; after a crash the last
 * acknowledged write is there.
 * Calls throw SealiftError DISK_FAILED.
 */
export interface StateStore {
  readonly sources: Records<SourceRecord>;
  readonly deliveries: Records<DeliveryRecord>;
  readonly events: EventLog;
  readonly floors: Floors;
  readonly time: TimeMemory;
}
