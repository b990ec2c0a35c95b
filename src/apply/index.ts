export type { ApplyOutcome } from './apply-plan.ts';
export { applyPlan } from './apply-plan.ts';
export type { ApplyHooks } from './apply-run.ts';
export type { ChangedField, ChangedFields } from './changed-fields.ts';
export { markOwned } from './mark-owned.ts';
export type { Observations } from './observe-delivery.ts';
export { observeDelivery } from './observe-delivery.ts';
export type { ApplyStep, DeliveryScope, KeepReason, Plan, PruneStep, RefuseReason } from './plan.ts';
export { planDelivery } from './plan-delivery.ts';
