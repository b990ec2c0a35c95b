export { applyStageOf } from './apply-stage.ts';
export type { Clock, Random } from './clock.ts';
export { elapsedSince } from './elapsed.ts';
export type { ErrorCode, ErrorOrigin, RetryClass } from './errors.ts';
export { asSealiftError, errorTable, SealiftError } from './errors.ts';
export type { EventBody, EventListener, ObjectAction, SealiftEvent, Stage, Subject } from './events.ts';
export { siteSubject } from './events.ts';
export { compileExpression } from './expression/compile-expression.ts';
export type { Expression, ExpressionOutcome } from './expression/expression.ts';
export { compiledPattern } from './expression/pattern.ts';
export type { FieldPath } from './field-path.ts';
export { fieldAt, inside, isFields, withField, withoutGaps } from './field-path.ts';
export type { HealthWatch } from './health-watch.ts';
export { withLiveFields, withoutIgnored } from './ignored-fields.ts';
export { inParallel } from './in-parallel.ts';
export { itemIn, pointerSteps } from './json-pointer.ts';
export { formatJson } from './json-text.ts';
export type { KindName } from './kinds.ts';
export { isKind, knownKind } from './kinds.ts';
export type { LabelSelector } from './label-selector.ts';
export { labelSelector } from './label-selector.ts';
export { makePath } from './make-path.ts';
export type { KubernetesObject, ObjectMarks, ObjectRef } from './object.ts';
export { formatRef, refOf } from './object.ts';
export { rfc3339 } from './rfc3339.ts';
export type {
  Basis,
  Departure,
  Observation,
  Owner,
  Target,
  TargetTrials,
  TrialVerdict,
  WriteOptions,
} from './target.ts';
export type { ClockReading, TimeBound } from './time-bound.ts';
export { afterProof, afterReading, firstTimeBound, isClockBehind, trustedNow } from './time-bound.ts';
export { withSignal } from './with-signal.ts';
export { withoutTexts } from './without-texts.ts';
