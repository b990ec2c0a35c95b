import {
  type ArtifactStatus,
  type ConditionDraft,
  type OciRepository,
  type SourceStatus,
  setConditions,
} from '../../api/index.ts';
import { rfc3339, type SealiftError, type Stage } from '../../core/index.ts';
import { boundedPause } from '../queue/schedule.ts';
import { keptFresh } from './fresh-condition.ts';
import { keptWarning } from './policy-warning.ts';

interface Moment {
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const retrying = {
  type: 'Reconciling',
  status: 'True',
  reason: 'ProgressingWithRetry',
  message: 'reconciliation in progress',
} as const;

function inStorage(artifact: ArtifactStatus | undefined, generation: number): readonly ConditionDraft[] {
  if (artifact === undefined) return [];
  const message = `stored artifact for digest '${artifact.revision}'`;
  return [
    {
      type: 'ArtifactInStorage',
      status: 'True',
      reason: 'Succeeded',
      message,
      observedGeneration: generation,
    },
  ];
}

/** What is in force, and how it came here. */
interface InForce {
  readonly artifact: ArtifactStatus;
  readonly verified: boolean;
  /** By plain HTTP to a host that is not this one. */
  readonly plainHttp: boolean;
  /** How new it is. */
  readonly fresh: readonly ConditionDraft[];
  /** What policies would rather have refused. */
  readonly warning: readonly ConditionDraft[];
}

/** Plain HTTP was asked for, and whoever looks at the status should know. */
function plainHttpDraft(observedGeneration: number): ConditionDraft {
  const message =
    'the registry is spoken to in plain HTTP: others can read, and hold back, what comes from it';
  return { type: 'InsecureTransport', status: 'True', reason: 'PlainHTTP', message, observedGeneration };
}

/** Status after a poll that ended with an accepted artifact in force. */
export function acceptedStatus(
  before: SourceStatus,
  { artifact, verified, plainHttp, fresh, warning }: InForce,
  { generation, now }: Moment,
): SourceStatus {
  const message = `stored artifact for digest '${artifact.revision}'`;
  const observedGeneration = generation;
  const signature: readonly ConditionDraft[] = verified
    ? [
        {
          type: 'SourceVerified',
          status: 'True',
          reason: 'Succeeded',
          message: `verified signature of revision ${artifact.revision}`,
          observedGeneration,
        },
      ]
    : [];
  const drafts: readonly ConditionDraft[] = [
    { type: 'Ready', status: 'True', reason: 'Succeeded', message, observedGeneration },
    ...inStorage(artifact, generation),
    ...signature,
    ...fresh,
    ...warning,
    ...(plainHttp ? [plainHttpDraft(generation)] : []),
  ];
  return {
    ...before,
    observedGeneration,
    artifact,
    conditions: setConditions(before.conditions, drafts, now),
  };
}

/** In Flux's words, for the message of a refusal. */
export function providerOf({ spec: { verify } }: OciRepository): string {
  return verify === undefined || verify.secretRef !== undefined ? 'cosign' : 'cosign keyless';
}

/** Status after a revision was refused: the artifact in force stays. */
export function refusedStatus(
  before: SourceStatus,
  { code, message: detail }: SealiftError,
  { generation, now, provider }: Moment & { readonly provider: string },
): SourceStatus {
  const message = code.startsWith('REVISION_')
    ? `refused, although it is well signed: ${detail}`
    : `failed to verify the signature using provider '${provider}': ${detail}`;
  const observedGeneration = generation;
  const drafts: readonly ConditionDraft[] = [
    { ...retrying, observedGeneration },
    { type: 'Ready', status: 'False', reason: 'VerificationError', message, observedGeneration },
    { type: 'SourceVerified', status: 'False', reason: 'VerificationError', message, observedGeneration },
    ...inStorage(before.artifact, generation),
    ...keptFresh(before),
    ...keptWarning(before),
  ];
  return { ...before, conditions: setConditions(before.conditions, drafts, now) };
}

function fetchFailedReason(error: SealiftError, stage: Stage): string {
  if (error.origin === 'disk') return 'StorageOperationFailed';
  if (error.code === 'OBJECT_NOT_FOUND' || error.code === 'REGISTRY_DENIED') return 'AuthenticationFailed';
  if (error.code === 'SEMVER_NO_MATCH' || error.code === 'REFERENCE_INVALID') return 'ReadOperationFailed';
  return stage === 'unpack' || error.origin === 'artifact'
    ? 'OCIArtifactLayerOperationFailed'
    : 'OCIArtifactPullFailed';
}

/** The message of a failed poll: what went wrong, and until when the registry asked not to be asked again. */
function failedMessage({ message, retryAfterMs }: SealiftError, now: number): string {
  if (retryAfterMs === undefined) return message;
  return `${message}; the registry is not asked again before ${rfc3339(now + boundedPause(retryAfterMs))}`;
}

/** What was judged of the revision in force, or of the one that was in force until it was refused. A refusal of another one is not about it. */
function keptVerdict({ artifact, conditions }: SourceStatus): readonly ConditionDraft[] {
  return conditions.filter(
    ({ type, status }) => type === 'SourceVerified' && (status !== 'False' || artifact === undefined),
  );
}

/** Status while the revision in force cannot be judged again. What it says of polls stays as it is. */
export function heldBackStatus(
  before: SourceStatus,
  message: string,
  { generation, now }: Moment,
): SourceStatus {
  const others = before.conditions.filter(({ type }) => type !== 'SourceVerified');
  const draft: ConditionDraft = {
    type: 'SourceVerified',
    status: 'Unknown',
    reason: 'VerificationError',
    message,
    observedGeneration: generation,
  };
  return { ...before, conditions: setConditions(before.conditions, [...others, draft], now) };
}

/** Status after a poll that failed: the artifact in force stays. */
export function failedStatus(
  before: SourceStatus,
  failure: { readonly error: SealiftError; readonly stage: Stage },
  { generation, now }: Moment,
): SourceStatus {
  const { error, stage } = failure;
  const reason = fetchFailedReason(error, stage);
  const type = error.origin === 'disk' ? 'StorageOperationFailed' : 'FetchFailed';
  const message = failedMessage(error, now);
  const observedGeneration = generation;
  const drafts: readonly ConditionDraft[] = [
    { ...retrying, observedGeneration },
    { type: 'Ready', status: 'False', reason, message, observedGeneration },
    ...inStorage(before.artifact, generation),
    ...keptVerdict(before),
    ...keptFresh(before),
    ...keptWarning(before),
    { type, status: 'True', reason, message, observedGeneration },
  ];
  return { ...before, conditions: setConditions(before.conditions, drafts, now) };
}
