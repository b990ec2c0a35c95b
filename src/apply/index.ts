export type { ApplyOutcome } from './apply-plan.ts';
export { applyPlan } from './apply-plan.ts';
export type { ApplyHooks } from './apply-run.ts';
export type { ChangedFields } from './changed-fields.ts';
export { markOwned } from './mark-owned.ts';
export { observeDelivery } from './observe-delivery.ts';
export type { ApplyStep, DeliveryScope, Plan, PruneStep } from './plan.ts';
export { planDelivery } from './plan-delivery.ts';
