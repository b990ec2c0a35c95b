import type { Validator } from 'oci-client-ts';
import type { SealiftEvent } from '../core/index.ts';
import type { FetchedLayer } from './artifact.ts';
import type { DeliveryStatus, SourceStatus } from './status.ts';

/** What the agent knows of a source between polls and across restarts. */
export interface SourceRecord {
  readonly name: string;
  readonly namespace: string;
  /** Counts changes of the spec, as an API server does. */
  readonly generation: number;
  readonly specHash: string;
  readonly status: SourceStatus;
  /** Of the last poll that ended well. */
  readonly validator?: Validator;
  /** The layer in force; its tree can be made again from the local layout. */
  readonly layer?: FetchedLayer;
  /** Hash of the policies and keys under which the revision in force was accepted. */
  readonly trustHash?: string;
  /** Polls that failed in a row. */
  readonly failures: number;
}

/** What the agent knows of a delivery across restarts. */
export interface DeliveryRecord {
  readonly name: string;
  readonly namespace: string;
  readonly generation: number;
  readonly specHash: string;
  readonly status: DeliveryStatus;
  /** The objects of the inventory are deleted when the delivery leaves the configuration. */
  readonly prune: boolean;
  readonly failures: number;
}

/**
 * The durable memory of a site. Every call is complete and on disk when it returns; after a crash the last acknowledged write is there.
 * Calls throw SealiftError DISK_FAILED.
 */
export interface StateStore {
  sources(): readonly SourceRecord[];
  deliveries(): readonly DeliveryRecord[];
  saveSource(record: SourceRecord): void;
  saveDelivery(record: DeliveryRecord): void;
  removeSource(namespace: string, name: string): void;
  removeDelivery(namespace: string, name: string): void;
  /** Keeps the newest thousand events. */
  appendEvent(event: SealiftEvent): void;
  /** Newest last, at most `limit`. */
  events(limit: number): readonly SealiftEvent[];
}
