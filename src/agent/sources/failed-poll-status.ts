import {
  type ConditionDraft,
  type OciRepository,
  type SourceStatus,
  setConditions,
} from '../../api/index.ts';
import { type ErrorCode, rfc3339, type SealiftError, type Stage } from '../../core/index.ts';
import { boundedPause } from '../queue/schedule.ts';
import { keptFresh } from './fresh-condition.ts';
import { keptWarning } from './policy-warning.ts';
import { inStorage, type Moment, plainHttp, retrying, unverifiedMessage } from './source-status.ts';

interface PollFailure {
  readonly error: SealiftError;
  readonly stage: Stage;
}

/** What only another spec can mend: nobody has to wait for it. */
const terminal: ReadonlySet<ErrorCode> = new Set(['CONFIG_UNSUPPORTED', 'REFERENCE_INVALID']);

/** Reasons that do not depend on the stage. That a field is not supported is our own word. */
const reasons: Partial<Record<ErrorCode, string>> = {
  CONFIG_UNSUPPORTED: 'Unsupported',
  OBJECT_NOT_FOUND: 'AuthenticationFailed',
  REGISTRY_DENIED: 'AuthenticationFailed',
};

function fetchFailedReason(failure: PollFailure, source: OciRepository): string {
  const { error, stage } = failure;
  if (error.origin === 'disk') return 'StorageOperationFailed';
  if (isUnverifiable(failure)) return 'VerificationError';
  const known = reasons[error.code];
  if (known !== undefined) return known;
  if (stage === 'resolve') return unresolvedReason(error, source);
  return stage === 'unpack' || error.origin === 'artifact'
    ? 'OCIArtifactLayerOperationFailed'
    : 'OCIArtifactPullFailed';
}

function unresolvedReason({ code, subject }: SealiftError, { spec: { url, ref } }: OciRepository): string {
  if (code === 'REFERENCE_INVALID' && subject === url) return 'URLInvalid';
  return selectsByVersion(ref) ? 'ReadOperationFailed' : 'OCIArtifactPullFailed';
}

/** Its tag has to be found out first. */
function selectsByVersion({ digest, semver }: OciRepository['spec']['ref']): boolean {
  return digest === undefined && semver !== undefined;
}

/** The message of a failed poll: what went wrong, and until when the registry asked not to be asked again. */
function failedMessage(failure: PollFailure, source: OciRepository, now: number): string {
  const { message, retryAfterMs } = failure.error;
  if (isUnverifiable(failure)) return unverifiedMessage(source, message);
  if (retryAfterMs === undefined) return message;
  return `${message}; the registry is not asked again before ${rfc3339(now + boundedPause(retryAfterMs))}`;
}

/** What was judged of the revision in force, or of the one that was in force until it was refused. A refusal of another one is not about it. */
function keptVerdict({ artifact, conditions }: SourceStatus): readonly ConditionDraft[] {
  return conditions.filter(
    ({ type, status }) => type === 'SourceVerified' && (status !== 'False' || artifact === undefined),
  );
}

/** What is wrong with a source, beside that it is not ready. */
function faultDraft(
  { error, stage }: PollFailure,
  fault: Pick<ConditionDraft, 'reason' | 'message' | 'observedGeneration'>,
): ConditionDraft {
  if (isUnverifiable({ error, stage })) return { type: 'SourceVerified', status: 'False', ...fault };
  const type = error.origin === 'disk' ? 'StorageOperationFailed' : 'FetchFailed';
  return { type, status: 'True', ...fault };
}

/** Nothing can be verified by what the configuration asks for, whatever the registry has. */
function isUnverifiable({ error, stage }: PollFailure): boolean {
  return stage === 'verify' && error.origin === 'config';
}

/** Status after a poll that failed: the artifact in force stays. */
export function failedStatus(
  before: SourceStatus,
  failure: PollFailure,
  source: OciRepository,
  { generation: observedGeneration, now }: Moment,
): SourceStatus {
  const reason = fetchFailedReason(failure, source);
  const message = failedMessage(failure, source, now);
  const fault = { reason, message, observedGeneration };
  const isTerminal = terminal.has(failure.error.code);
  const drafts: readonly ConditionDraft[] = [
    isTerminal ? { type: 'Stalled', status: 'True', ...fault } : { ...retrying, observedGeneration },
    { type: 'Ready', status: 'False', ...fault },
    ...inStorage(before.artifact, observedGeneration),
    ...(isUnverifiable(failure) ? [] : keptVerdict(before)),
    ...keptFresh(before),
    ...keptWarning(before),
    faultDraft(failure, fault),
    ...plainHttp(source, observedGeneration),
  ];
  return {
    ...before,
    ...(isTerminal ? { observedGeneration } : {}),
    conditions: setConditions(before.conditions, drafts, now),
  };
}
