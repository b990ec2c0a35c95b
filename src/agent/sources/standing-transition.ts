import { type Artifact, type Condition, isReady, setConditions, type Verdict } from '../../api/index.ts';
import { type EventBody, SealiftError } from '../../core/index.ts';
import type { StageFailure } from '../stages/stage-failure.ts';
import { failedStatus } from './failed-poll-status.ts';
import { keptFresh } from './fresh-condition.ts';
import { isWarning, warningDraft, warningEvents } from './policy-warning.ts';
import { acceptedStatus, heldBackStatus, refusedStatus } from './source-status.ts';
import {
  type Accepting,
  revoked,
  type SourceCycle,
  type SourceTransition,
  toArtifactStatus,
  withVerdict,
} from './source-transition.ts';

/** How what is in force was judged again. */
export interface Judgement {
  /** Revision that was judged. */
  readonly revision: string;
  readonly verdict: Verdict;
  /** Its tree, where it is to be taken up again after it was refused. */
  readonly artifact: Artifact | undefined;
}

/** What a new verdict on the revision in force means. */
export function afterJudgement(
  cycle: SourceCycle,
  { revision, verdict, artifact }: Judgement,
): SourceTransition {
  return verdict.kind === 'refused'
    ? refusedAgain(cycle, revision, verdict)
    : acceptedAgain(cycle, verdict, artifact);
}

function refusedAgain(
  cycle: SourceCycle,
  revision: string,
  verdict: Extract<Verdict, { kind: 'refused' }>,
): SourceTransition {
  const { source, record, basis, now } = cycle;
  const error = new SealiftError(verdict.code, revision, verdict.detail);
  const kept = revoked(record, basis);
  const status = refusedStatus(kept.status, error, source, { generation: record.generation, now });
  return {
    record: { ...kept, status },
    events: [{ kind: 'failed', stage: 'verify', code: error.code, message: error.message, revision }],
    changed: true,
    error,
  };
}

/** The conditions of a poll that failed since stay as they are, but for what is said of the revision in force: they tell of what the source names now. */
function acceptedAgain(
  { source, record, basis, now }: SourceCycle,
  verdict: Accepting,
  artifact: Artifact | undefined,
): SourceTransition {
  const { url } = source.spec;
  const next = withVerdict(record, verdict, basis);
  const { status } = record;
  const inForce = artifact === undefined ? status.artifact : toArtifactStatus(artifact, url, now);
  if (inForce === undefined) return { record: next, events: [], changed: true };
  const warning = warningDraft(verdict, status.observedGeneration);
  const polled = status.conditions.filter((one) => !isHeldBack(one) && !isWarning(one));
  const accepted =
    record.failures > 0
      ? {
          ...status,
          artifact: inForce,
          conditions: setConditions(status.conditions, [...polled, ...warning], now),
        }
      : acceptedStatus(
          status,
          {
            artifact: inForce,
            verified: next.verifiedBy !== undefined,
            fresh: keptFresh(status),
            warning,
          },
          source,
          { generation: status.observedGeneration, now },
        );
  const isBack = artifact !== undefined || (isReady(accepted.conditions) && !isReady(status.conditions));
  const events: EventBody[] = isBack ? [{ kind: 'source-recovered', revision: inForce.revision, url }] : [];
  events.push(...warningEvents(status, accepted, inForce.revision));
  return { record: { ...next, status: accepted }, events, changed: true };
}

/** What is in force could not be judged: it stays where it is, and nothing is applied from it until it can. */
export function afterJudgementFailure(
  cycle: SourceCycle,
  revision: string,
  { error, stage }: StageFailure,
): SourceTransition {
  const { source, record, now } = cycle;
  const heldBack = new SealiftError(
    error.code,
    revision,
    `in force, could not be judged again, and is held back: ${error.message}`,
    { cause: error, retryAfterMs: error.retryAfterMs },
  );
  const moment = { generation: record.generation, now };
  const { code, message } = heldBack;
  const polled =
    record.failures > 0
      ? record.status
      : failedStatus(record.status, { error: heldBack, stage }, source, moment);
  const status = heldBackStatus(polled, message, moment);
  const isKnown = record.status.conditions.some((one) => isHeldBack(one) && one.message === message);
  const events: readonly EventBody[] = isKnown ? [] : [{ kind: 'failed', stage, code, message, revision }];
  return { record: { ...record, status }, events, changed: !isKnown, error: heldBack };
}

function isHeldBack({ type, status }: Condition): boolean {
  return type === 'SourceVerified' && status === 'Unknown';
}
