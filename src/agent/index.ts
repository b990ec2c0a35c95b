export { Engine } from './engine/engine.ts';
export type { Housekeeping } from './housekeeping/housekeeping.ts';
export { inForce } from './housekeeping/housekeeping.ts';
export type { AgentParts } from './parts/agent-parts.ts';
export type { Convergence } from './pass/converge.ts';
export { converge } from './pass/converge.ts';
export { planWith } from './pass/plan-with.ts';
export type { GivenAccess, OpenPlace, PlaceOpener, PlaceRequest } from './places/place-opener.ts';
