import {
  type ArtifactStatus,
  type ConditionDraft,
  type OciRepository,
  type SourceStatus,
  setConditions,
} from '../../api/index.ts';
import { type ErrorCode, rfc3339, type SealiftError, type Stage } from '../../core/index.ts';
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

/** In Flux's words. */
function unverifiedMessage({ spec: { verify } }: OciRepository, detail: string): string {
  const provider = verify === undefined || verify.secretRef !== undefined ? 'cosign' : 'cosign keyless';
  return `failed to verify the signature using provider '${provider}': ${detail}`;
}

/** That the source names something newer than the artifact in force. */
function outdated(
  { artifact }: SourceStatus,
  revision: string,
  { spec: { url } }: OciRepository,
  observedGeneration: number,
): readonly ConditionDraft[] {
  if (artifact === undefined || artifact.revision === revision) return [];
  const tag = revision.slice(0, Math.max(revision.lastIndexOf('@'), 0));
  const reference = `${url.replace('oci://', '')}${tag === '' ? `@${revision}` : `:${tag}`}`;
  const message = `new revision '${revision}' for '${reference}'`;
  return [{ type: 'ArtifactOutdated', status: 'True', reason: 'NewRevision', message, observedGeneration }];
}

/** Status after a revision, the subject of the error, was refused: the artifact in force stays. */
export function refusedStatus(
  before: SourceStatus,
  { code, message: detail, subject: revision }: SealiftError,
  source: OciRepository,
  { generation, now }: Moment,
): SourceStatus {
  const message = code.startsWith('REVISION_')
    ? `refused, although it is well signed: ${detail}`
    : unverifiedMessage(source, detail);
  const observedGeneration = generation;
  const drafts: readonly ConditionDraft[] = [
    { ...retrying, observedGeneration },
    { type: 'Ready', status: 'False', reason: 'VerificationError', message, observedGeneration },
    ...outdated(before, revision, source, generation),
    { type: 'SourceVerified', status: 'False', reason: 'VerificationError', message, observedGeneration },
    ...inStorage(before.artifact, generation),
    ...keptFresh(before),
    ...keptWarning(before),
  ];
  return { ...before, conditions: setConditions(before.conditions, drafts, now) };
}

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
  ];
  return {
    ...before,
    ...(isTerminal ? { observedGeneration } : {}),
    conditions: setConditions(before.conditions, drafts, now),
  };
}
