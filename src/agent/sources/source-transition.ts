import {
  type Artifact,
  type ArtifactStatus,
  describeMark,
  type Floor,
  isReady,
  type OciRepository,
  requestedAtAnnotation,
  revisionDigest,
  type SourceRecord,
  type SourceStatus,
  type Verdict,
} from '../../api/index.ts';
import { type EventBody, rfc3339, SealiftError } from '../../core/index.ts';
import type { StageFailure } from '../stages/stage-failure.ts';
import type { FreshnessOutcome } from '../stages/stages.ts';
import { failedStatus } from './failed-poll-status.ts';
import { agedStatus, freshDraft, keptFresh } from './fresh-condition.ts';
import { keptWarning, warningDraft, warningEvents } from './policy-warning.ts';
import type { PollOutcome } from './source-pipeline.ts';
import { acceptedStatus, refusedStatus, withContent } from './source-status.ts';
import { standingOf } from './standing.ts';

/** What a poll means for the source: the record to keep, and what to tell. */
export interface SourceTransition {
  /** The same object when nothing is worth a write. */
  readonly record: SourceRecord;
  readonly events: readonly EventBody[];
  /** Deliveries should look again: another artifact is in force, none any more, or one that they could not use before. */
  readonly changed: boolean;
  readonly error?: SealiftError;
}

export type Accepting = Exclude<Verdict, { readonly kind: 'refused' }>;

export interface SourceCycle {
  readonly source: OciRepository;
  readonly record: SourceRecord;
  /** What the verdict of this poll rests on. */
  readonly basis: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The first record of a source. */
export function newSourceRecord({ metadata }: OciRepository): SourceRecord {
  const status: SourceStatus = { observedGeneration: -1, conditions: [] };
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    generation: 0,
    specHash: '',
    status,
    failures: 0,
  };
}

function readyMessage(status: SourceStatus): string | undefined {
  return status.conditions.find(({ type }) => type === 'Ready')?.message;
}

function withRequest(status: SourceStatus, { metadata }: OciRepository): SourceStatus {
  const requested = metadata.annotations[requestedAtAnnotation];
  return requested === undefined ? status : { ...status, lastHandledReconcileAt: requested };
}

export function toArtifactStatus(artifact: Artifact, url: string, now: number): ArtifactStatus {
  return {
    digest: artifact.digest,
    path: artifact.root,
    url,
    revision: artifact.revision,
    lastUpdateTime: rfc3339(now),
    size: artifact.bytes,
    metadata: artifact.annotations,
  };
}

function unchanged({ source, record, now }: SourceCycle): SourceTransition {
  const { artifact, conditions, lastHandledReconcileAt } = record.status;
  const asked = source.metadata.annotations[requestedAtAnnotation];
  const settled =
    isReady(conditions) &&
    record.failures === 0 &&
    (asked ?? lastHandledReconcileAt) === lastHandledReconcileAt;
  if (settled || artifact === undefined) return { record, events: [], changed: false };
  const fresh = keptFresh(record.status);
  const warning = keptWarning(record.status);
  const inForce = { artifact, verified: record.verifiedBy !== undefined, fresh, warning };
  const status = acceptedStatus(record.status, inForce, source, { generation: record.generation, now });
  const events: EventBody[] = isReady(conditions)
    ? []
    : [{ kind: 'source-recovered', revision: artifact.revision, url: source.spec.url }];
  return { record: { ...record, status: withRequest(status, source), failures: 0 }, events, changed: false };
}

function refused(cycle: SourceCycle, outcome: Extract<PollOutcome, { kind: 'refused' }>): SourceTransition {
  const { source, record, basis, now } = cycle;
  const { revision, verdict } = outcome;
  const error = new SealiftError(verdict.code, revision, verdict.detail);
  const kept = isInForce(record, verdict.digest) ? revoked(record, basis) : record;
  const status = refusedStatus(kept.status, error, source, { generation: record.generation, now });
  const news = readyMessage(status) !== readyMessage(record.status);
  const event: EventBody = {
    kind: 'failed',
    stage: 'verify',
    code: error.code,
    message: error.message,
    revision,
  };
  const next = { ...kept, status: withRequest(status, source), failures: record.failures + 1 };
  const changed = kept !== record && record.revoked !== true;
  return { record: next, events: news ? [event] : [], changed, error };
}

function isInForce({ layer }: SourceRecord, digest: string): boolean {
  return layer !== undefined && revisionDigest(layer.revision) === digest;
}

/**
 * What was accepted once and is refused now: nothing is torn down, and nothing is applied from it any more. The layer is kept, so that a
 * site whose registry is gone can take it up again when the policies that refused it are mended.
 */
export function revoked(record: SourceRecord, basis: string): SourceRecord {
  const { validator: _validator, validUntil: _validUntil, ...rest } = record;
  const { artifact: _artifact, ...status } = record.status;
  return { ...rest, status, basis, revoked: true };
}

function storedEvents(
  { source, record }: SourceCycle,
  outcome: Extract<PollOutcome, { kind: 'stored' }>,
  changed: boolean,
): readonly EventBody[] {
  const { url } = source.spec;
  const { artifact, verdict } = outcome;
  const { revision, digest, files, bytes, skipped } = artifact;
  if (!changed) return isReady(record.status.conditions) ? [] : [{ kind: 'source-recovered', revision, url }];
  const judged: EventBody =
    verdict.kind === 'accepted'
      ? { kind: 'revision-verified', revision, signers: verdict.signers.map(({ authority }) => authority) }
      : { kind: 'revision-accepted-unsigned', revision };
  return [
    { kind: 'revision-resolved', revision, url },
    judged,
    { kind: 'artifact-stored', revision, url, digest, files, bytes, skipped },
  ];
}

/** Steps back, and that what is in force is not fresh any more: each told once. */
function freshnessEvents(
  { record }: SourceCycle,
  { freshness, artifact: { revision } }: Extract<PollOutcome, { kind: 'stored' }>,
): readonly EventBody[] {
  if (freshness.kind === 'fresh') return freshness.moves.flatMap((move) => steppedBack(move, revision));
  const { code, detail } = freshness;
  const message = `${revision}: kept in force, and would not be taken up any more: ${detail}`;
  const isKnown = keptFresh(record.status).some((condition) => condition.status === 'False');
  return isKnown ? [] : [{ kind: 'failed', stage: 'verify', code, message, revision }];
}

function steppedBack(
  { from, to }: { readonly from?: Floor; readonly to: Floor },
  revision: string,
): readonly EventBody[] {
  if (from === undefined || to.epoch === from.epoch) return [];
  const [before, after] = [from, to].map((floor) => describeMark(floor.order, floor));
  return [{ kind: 'floor-moved', by: 'statement', from: before ?? '', to: after ?? '', revision }];
}

/** The record of an artifact as fresh as it was found; one that is kept although it is not has no end to come. */
function withFreshness(record: SourceRecord, freshness: FreshnessOutcome): SourceRecord {
  if (freshness.kind === 'stale') return record;
  const { freshUntil: _freshUntil, freshnessWarnings: _warnings, ...rest } = record;
  const { until, warnings } = freshness;
  return {
    ...rest,
    ...(until === undefined ? {} : { freshUntil: until }),
    ...(warnings.length === 0 ? {} : { freshnessWarnings: warnings }),
  };
}

/** The record under an accepting verdict on its layer. */
export function withVerdict(record: SourceRecord, verdict: Accepting, basis: string): SourceRecord {
  const { revoked: _revoked, validUntil: _validUntil, verifiedBy: _verifiedBy, ...rest } = record;
  if (verdict.kind === 'not-required') return { ...rest, basis };
  const { validUntil, signers } = verdict;
  const verifiedBy = [...new Set(signers.map(({ policy }) => policy))];
  return { ...rest, basis, verifiedBy, ...(validUntil === undefined ? {} : { validUntil }) };
}

function stored(cycle: SourceCycle, outcome: Extract<PollOutcome, { kind: 'stored' }>): SourceTransition {
  const { source, record, basis, now } = cycle;
  const { artifact, layer, validator, verdict, freshnessBasis } = outcome;
  const before = record.status.artifact;
  const changed = before?.revision !== artifact.revision || before.path !== artifact.root;
  const { url } = source.spec;
  const status = changed ? toArtifactStatus(artifact, url, now) : { ...before, url };
  const verified = verdict.kind === 'accepted';
  const fresh = freshDraft(outcome.freshness, record.generation);
  const warning = warningDraft(verdict, record.generation);
  const inForce = { artifact: status, verified, fresh, warning };
  const accepted = acceptedStatus(record.status, inForce, source, { generation: record.generation, now });
  const requested = withRequest(withContent(accepted, source), source);
  const judged = withFreshness(withVerdict(record, verdict, basis), outcome.freshness);
  const next = { ...judged, status: requested, layer, validator, freshnessBasis, failures: 0 };
  // What was held back under other policies or for want of a layer may go on, although it is the same.
  const released = standingOf(record, { basis, now }) !== 'good';
  const events = [
    ...storedEvents(cycle, outcome, changed),
    ...warningEvents(record.status, requested, artifact.revision),
    ...freshnessEvents(cycle, outcome),
  ];
  return { record: next, events, changed: changed || released };
}

/** What a poll that ended means. */
export function afterPoll(cycle: SourceCycle, outcome: PollOutcome): SourceTransition {
  switch (outcome.kind) {
    case 'unchanged':
      return unchanged(cycle);
    case 'refused':
      return refused(cycle, outcome);
    case 'stored':
      return stored(cycle, outcome);
  }
}

/** What a poll that broke means: the artifact in force stays in force. */
export function afterFailure(
  { source, record, now }: SourceCycle,
  { stage, error }: StageFailure,
): SourceTransition {
  const before = agedStatus(record.status, { until: record.freshUntil, now });
  const status = failedStatus(before, { error, stage }, source, { generation: record.generation, now });
  // The same fault with a later end of the pause is none.
  const news = readyMessage(record.status)?.startsWith(error.message) !== true;
  const event: EventBody = { kind: 'failed', stage, code: error.code, message: error.message };
  const next = { ...record, status: withRequest(status, source), failures: record.failures + 1 };
  return { record: next, events: news ? [event] : [], changed: false, error };
}
