export type { HealthStatus } from './health.ts';
export { healthOf } from './health-of.ts';
