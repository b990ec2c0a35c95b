import {
  type ConditionDraft,
  type DeliveryStatus,
  type HistoryEntry,
  ociAnnotations,
  setConditions,
} from '../../api/index.ts';
import { type ErrorCode, rfc3339, type SealiftError, type Stage } from '../../core/index.ts';
import { listedConditions } from './listed-condition.ts';

export interface Moment {
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Flux keeps five. */
const maxHistory = 5;

export interface Attempt {
  readonly revision: string;
  /** Annotations of the artifact. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Digest of the built objects. */
  readonly digest: string;
  readonly durationMs: number;
  readonly reason: string;
}

/** Puts an attempt on top of the history; the same digest with the same outcome is counted, not repeated. */
export function withHistory(
  history: readonly HistoryEntry[],
  attempt: Attempt,
  now: number,
): readonly HistoryEntry[] {
  const isSame = (entry: HistoryEntry): boolean =>
    entry.digest === attempt.digest && entry.lastReconciledStatus === attempt.reason;
  const old = history.find(isSame);
  const originRevision = attempt.annotations[ociAnnotations.revision];
  const entry: HistoryEntry = {
    digest: attempt.digest,
    firstReconciled: old?.firstReconciled ?? rfc3339(now),
    lastReconciled: rfc3339(now),
    lastReconciledDuration: `${attempt.durationMs}ms`,
    lastReconciledStatus: attempt.reason,
    totalReconciliations: (old?.totalReconciliations ?? 0) + 1,
    metadata: { revision: attempt.revision, ...(originRevision === undefined ? {} : { originRevision }) },
  };
  return [entry, ...history.filter((candidate) => !isSame(candidate))].slice(0, maxHistory);
}

/** Status after everything the revision asks for is in the target; `others` are said beside `Ready`. */
export function appliedStatus(
  before: DeliveryStatus,
  attempt: Attempt,
  { generation, now }: Moment,
  others: readonly ConditionDraft[] = [],
): DeliveryStatus {
  const draft: ConditionDraft = {
    type: 'Ready',
    status: 'True',
    reason: 'ReconciliationSucceeded',
    message: `Applied revision: ${attempt.revision}`,
    observedGeneration: generation,
  };
  const origin = attempt.annotations[ociAnnotations.revision];
  const { lastAppliedOriginRevision: _, ...rest } = before;
  return {
    ...rest,
    observedGeneration: generation,
    conditions: setConditions(before.conditions, [draft, ...others, ...listedConditions(before)], now),
    lastAppliedRevision: attempt.revision,
    lastAttemptedRevision: attempt.revision,
    ...(origin === undefined ? {} : { lastAppliedOriginRevision: origin }),
    history: withHistory(before.history ?? [], attempt, now),
  };
}

/** Reasons that do not depend on the stage. The circle and what is not supported are our own words: Flux does not look for the one, and has the other. */
const reasons: Partial<Record<ErrorCode, string>> = {
  CONFIG_UNSUPPORTED: 'Unsupported',
  CROSS_NAMESPACE_DENIED: 'AccessDenied',
  DEPENDENCY_NOT_READY: 'DependencyNotReady',
  DEPENDENCY_CYCLE: 'CircularDependency',
  EXPRESSION_INVALID: 'InvalidCELExpression',
};

/** What only another spec can mend: nobody has to wait for it. */
const terminal: ReadonlySet<ErrorCode> = new Set([
  'CONFIG_UNSUPPORTED',
  'CROSS_NAMESPACE_DENIED',
  'DEPENDENCY_CYCLE',
  'EXPRESSION_INVALID',
]);

/** What ends by itself, or when the configuration changes: nothing is under way until then. */
const waiting: ReadonlySet<ErrorCode> = new Set(['DEPENDENCY_NOT_READY', 'SOURCE_NOT_READY']);

function isWithoutSource({ code }: SealiftError, stage: Stage): boolean {
  return code === 'OBJECT_NOT_FOUND' && stage === 'resolve';
}

function reasonOf(error: SealiftError, stage: Stage): string {
  const known = reasons[error.code];
  if (known !== undefined) return known;
  if (
    error.code === 'BUILD_PATH_NOT_FOUND' ||
    error.code === 'SOURCE_NOT_READY' ||
    stage === 'resolve' ||
    stage === 'unpack'
  )
    return 'ArtifactFailed';
  return stage === 'build' ? 'BuildFailed' : 'ReconciliationFailed';
}

/** A status need not name its own object. */
function ownWords({ subject, message }: SealiftError): string {
  const isOwn = /^Kustomization\/[^/ ]+\/[^/ ]+$/.test(subject) && message.startsWith(`${subject}: `);
  return isOwn ? message.slice(subject.length + 2) : message;
}

/** Status after a run that failed: what is applied stays applied. */
export function failedDeliveryStatus(
  before: DeliveryStatus,
  failure: { readonly error: SealiftError; readonly stage: Stage; readonly revision?: string },
  { generation, now }: Moment,
): DeliveryStatus {
  const { error, stage, revision } = failure;
  const reason = reasonOf(error, stage);
  const observedGeneration = generation;
  const retrying: ConditionDraft = {
    type: 'Reconciling',
    status: 'True',
    reason: 'ProgressingWithRetry',
    message: 'reconciliation in progress',
    observedGeneration,
  };
  const ready: ConditionDraft = {
    type: 'Ready',
    status: 'False',
    reason,
    message: ownWords(error),
    observedGeneration,
  };
  const stalled: ConditionDraft = { ...ready, type: 'Stalled', status: 'True' };
  const waits = waiting.has(error.code) || isWithoutSource(error, stage);
  const isTerminal = terminal.has(error.code);
  const beside = isTerminal ? [stalled] : [retrying];
  const drafts = waits ? [ready] : [...beside, ready];
  return {
    ...before,
    ...(isTerminal ? { observedGeneration } : {}),
    ...(revision === undefined ? {} : { lastAttemptedRevision: revision }),
    conditions: setConditions(before.conditions, [...drafts, ...listedConditions(before)], now),
  };
}
