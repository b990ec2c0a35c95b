import type { FetchedLayer } from './artifact.ts';
import type { DeliveryStatus } from './status.ts';

/** A revision of a source: enough to judge it again, and to make its tree again from the local layout. */
export interface Candidate {
  readonly source: { readonly namespace: string; readonly name: string };
  readonly layer: FetchedLayer;
  /** Root of its tree. */
  readonly root: string;
  /** Who asked for a signature or attestation of it and got one. Absent: nobody. */
  readonly verifiedBy?: readonly string[];
}

/** Another revision than the last good one, and how far it has come. */
export interface RevisionAttempt {
  readonly candidate: Candidate;
  /** `trying`: it may be in the target; `returning`: it failed, the last good one is to be put in force; `returned`: that is in force. */
  readonly stage: 'trying' | 'returning' | 'returned';
  /** Of the delivery, when it was tried. */
  readonly generation: number;
  /** Who asked for that run, as in `status.lastHandledReconcileAt`. Absent: nobody. */
  readonly request?: string;
  /** Agents that took it up and did not end in order; while one is at work, it is counted as well. */
  readonly lives?: number;
  /** Why it failed. */
  readonly why?: string;
}

/** What a delivery that may go back remembers across restarts; each entry is on disk before what it announces. */
export interface DeliveryJournal {
  /** What held last: applied, and healthy where that is waited for. */
  readonly good?: Candidate;
  readonly attempt?: RevisionAttempt;
  /** On the way back, what is to be said of the last good revision alone. */
  readonly beneath?: Pick<DeliveryStatus, 'conditions' | 'lastAttemptedRevision'>;
}
