export type { WrittenHealthCheck } from './compile-health.ts';
export { compileHealth } from './compile-health.ts';
export type { HealthPhase, HealthTask, Moment, WaitedObject } from './delivery-health.ts';
export { DeliveryHealth } from './delivery-health.ts';
export type { HealthRule, HealthStatus } from './health.ts';
export { healthOf } from './health-of.ts';
export { podsInQuestion } from './pods-in-question.ts';
