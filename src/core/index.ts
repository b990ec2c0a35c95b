export type { Clock, Random } from './clock.ts';
export type { ErrorCode, ErrorOrigin, RetryClass } from './errors.ts';
export { asSealiftError, errorTable, SealiftError } from './errors.ts';
export type { EventBody, EventListener, ObjectAction, SealiftEvent, Stage, Subject } from './events.ts';
export type { KubernetesObject, ObjectRef } from './object.ts';
export { formatRef, refOf } from './object.ts';
export type { Observation, Owner, Target, WriteOptions } from './target.ts';
