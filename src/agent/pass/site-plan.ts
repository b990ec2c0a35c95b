import type { ObjectName } from '../../api/index.ts';
import type { ShownPlan } from '../../apply/index.ts';
import type { Failure } from './convergence.ts';

/** What a delivery would change. */
export interface DeliveryPlan extends ShownPlan, ObjectName {
  /** What it would deliver; absent where it is taken back, since it left the configuration or this target. */
  readonly revision?: string;
  /** Absent: that of the site. */
  readonly target?: string;
}

/** What a pass over the whole site would change. */
export interface SitePlan {
  readonly deliveries: readonly DeliveryPlan[];
  /** Deliveries without a plan: suspended, or waiting for what has failed. */
  readonly waiting: readonly (ObjectName & { readonly reason: string })[];
  readonly failures: readonly Failure[];
}
