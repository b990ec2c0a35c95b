export type { Convergence } from './converge.ts';
export { converge } from './converge.ts';
export { Engine } from './engine.ts';
export type { Housekeeping } from './housekeeping.ts';
export { inForce } from './housekeeping.ts';
export type { OpenPlace, PlaceOpener, PlaceRequest } from './places/place-opener.ts';
export { planWith } from './plan-with.ts';
export type { AgentParts } from './reconcilers.ts';
