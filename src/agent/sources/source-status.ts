import {
  type ArtifactStatus,
  type ConditionDraft,
  type OciRepository,
  revisionTag,
  type SourceStatus,
  setConditions,
} from '../../api/index.ts';
import type { SealiftError } from '../../core/index.ts';
import { keptFresh } from './fresh-condition.ts';
import { keptWarning } from './policy-warning.ts';

export interface Moment {
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export const retrying = {
  type: 'Reconciling',
  status: 'True',
  reason: 'ProgressingWithRetry',
  message: 'reconciliation in progress',
} as const;

export function inStorage(
  artifact: ArtifactStatus | undefined,
  generation: number,
): readonly ConditionDraft[] {
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
  /** How new it is. */
  readonly fresh: readonly ConditionDraft[];
  /** What policies would rather have refused. */
  readonly warning: readonly ConditionDraft[];
}

/** Plain HTTP was asked for, and whoever looks at the status should know. */
export function plainHttp({ spec }: OciRepository, observedGeneration: number): readonly ConditionDraft[] {
  if (!spec.insecure) return [];
  const message =
    'the registry is spoken to in plain HTTP: others can read, and hold back, what comes from it';
  return [{ type: 'InsecureTransport', status: 'True', reason: 'PlainHTTP', message, observedGeneration }];
}

/** What of the spec decided about the content of the artifact; Flux says it where it was set. */
export function withContent(status: SourceStatus, { spec }: OciRepository): SourceStatus {
  const { observedIgnore: _ignore, observedLayerSelector: _selector, ...rest } = status;
  const { ignore, layerSelector } = spec;
  const isSet = layerSelector.mediaType !== undefined || layerSelector.operation !== 'extract';
  return {
    ...rest,
    ...(ignore === undefined ? {} : { observedIgnore: ignore }),
    ...(isSet ? { observedLayerSelector: layerSelector } : {}),
  };
}

/** Status after a poll that ended with an accepted artifact in force. */
export function acceptedStatus(
  before: SourceStatus,
  { artifact, verified, fresh, warning }: InForce,
  source: OciRepository,
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
    ...plainHttp(source, generation),
  ];
  return {
    ...before,
    observedGeneration,
    artifact,
    conditions: setConditions(before.conditions, drafts, now),
  };
}

/** In Flux's words. */
export function unverifiedMessage({ spec: { verify } }: OciRepository, detail: string): string {
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
  const tag = revisionTag(revision);
  const reference = `${url.replace('oci://', '')}${tag === undefined ? `@${revision}` : `:${tag}`}`;
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
    ...plainHttp(source, generation),
  ];
  return { ...before, conditions: setConditions(before.conditions, drafts, now) };
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
