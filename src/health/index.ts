export type { WrittenHealthCheck } from './compile-health.ts';
export { compileHealth } from './compile-health.ts';
export type { HealthStatus } from './health.ts';
export { healthOf } from './health-of.ts';
