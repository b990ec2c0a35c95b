import type { ErrorCode } from './errors.ts';
import type { ObjectRef } from './object.ts';

/** What an event is about: a source or a delivery, named as the API names them; or the site itself. */
export interface Subject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The site itself, for what concerns no single source or delivery. */
export const siteSubject: Subject = { kind: 'Site', namespace: '', name: '' };

export type ObjectAction = 'created' | 'configured' | 'deleted' | 'repaired' | 'kept';

/** What happened. The engine emits these; status, log, terminal, history and notifications consume the same stream. */
export type EventBody =
  | {
      readonly kind: 'configuration-loaded';
      readonly sources: number;
      readonly deliveries: number;
      readonly policies: number;
    }
  | { readonly kind: 'configuration-refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'revision-resolved'; readonly revision: string; readonly url: string }
  | { readonly kind: 'revision-verified'; readonly revision: string; readonly signers: readonly string[] }
  | { readonly kind: 'revision-accepted-unsigned'; readonly revision: string }
  /** It goes through, and a policy would rather have refused it. */
  | { readonly kind: 'policy-warned'; readonly revision: string; readonly message: string }
  | {
      readonly kind: 'artifact-stored';
      readonly revision: string;
      readonly url: string;
      readonly digest: string;
      readonly files: number;
      readonly bytes: number;
      readonly skipped: readonly string[];
    }
  | { readonly kind: 'source-recovered'; readonly revision: string; readonly url: string }
  | {
      readonly kind: 'delivery-built';
      readonly revision: string;
      readonly objects: number;
      readonly warnings: readonly string[];
    }
  | {
      readonly kind: 'object-changed';
      readonly revision: string;
      readonly object: ObjectRef;
      readonly action: ObjectAction;
      readonly reason?: string;
    }
  /** The target took an object, and has something to say of it. */
  | {
      readonly kind: 'object-warned';
      readonly revision: string;
      readonly object: ObjectRef;
      readonly message: string;
    }
  /** Another hand changes an object as often as it is repaired: it is left alone for a while. */
  | {
      readonly kind: 'fight';
      readonly revision: string;
      readonly object: ObjectRef;
      readonly message: string;
    }
  | {
      readonly kind: 'delivery-applied';
      readonly revision: string;
      readonly objects: number;
      readonly changed: number;
      readonly durationMs: number;
    }
  /** All that a delivery waits for is current, for the first time or again. */
  | { readonly kind: 'health-passed'; readonly revision: string; readonly durationMs: number }
  /** A delivery that was healthy is not any more, and may become so again. */
  | { readonly kind: 'health-lost'; readonly revision: string; readonly message: string }
  /** Something newer came before all was current. */
  | { readonly kind: 'health-cancelled'; readonly revision: string }
  /** A revision has failed, and the last good one is put in force again; or is in force again. */
  | {
      readonly kind: 'rollback-begun';
      readonly revision: string;
      readonly good: string;
      readonly message: string;
    }
  | { readonly kind: 'rolled-back'; readonly revision: string; readonly good: string }
  /** Objects that are to go stay for now: nobody can tell whether another delivery is about to take them over. */
  | { readonly kind: 'deletion-waits'; readonly message: string }
  /** Objects stay where a delivery put them, and it does not know them any more. */
  | { readonly kind: 'objects-left'; readonly message: string }
  /** A site goes back, or was told how far it has come: by a signed statement, or by an operator on the spot. */
  | {
      readonly kind: 'floor-moved';
      readonly by: 'statement' | 'operator';
      readonly from: string;
      readonly to: string;
      readonly revision?: string;
    }
  /** Another trusted root stands under a name: ids, `sha256:<hex>` of the files; absent where there is none. */
  | {
      readonly kind: 'trust-changed';
      readonly name: string;
      readonly before?: string;
      readonly after?: string;
    }
  /** What one place of the state had forgotten or got wrong was taken from another. */
  | { readonly kind: 'state-mended'; readonly detail: string }
  /** The clock says a time that cannot be; milliseconds since the epoch. */
  | { readonly kind: 'clock-behind'; readonly clock: number; readonly bound: number }
  /** A single pass over the whole site has ended. */
  | { readonly kind: 'converged'; readonly changes: number; readonly failures: number }
  | {
      readonly kind: 'failed';
      readonly stage: Stage;
      readonly code: ErrorCode;
      readonly message: string;
      readonly revision?: string;
    };

/** Where something failed; `site` is outside the stages: the state, the watch. */
export type Stage =
  | 'resolve'
  | 'verify'
  | 'fetch'
  | 'unpack'
  | 'build'
  | 'plan'
  | 'apply'
  | 'health'
  | 'site';

export type SealiftEvent = EventBody & {
  readonly subject: Subject /** Milliseconds since the epoch. */;
  readonly at: number;
};

export type EventListener = (event: SealiftEvent) => void;
