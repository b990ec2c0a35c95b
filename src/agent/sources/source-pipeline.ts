import type { Validator } from 'oci-client-ts';
import {
  type Artifact,
  type DesiredState,
  type FetchedLayer,
  type OciRepository,
  revisionDigest,
  type Verdict,
} from '../../api/index.ts';
import type { Clock } from '../../core/index.ts';
import { withDeadline } from '../stages/deadline.ts';
import { withPace } from '../stages/pace.ts';
import { inStage } from '../stages/stage-failure.ts';
import type {
  FetchStage,
  FreshnessOutcome,
  FreshnessStage,
  ResolveStage,
  RevisionRequest,
  StandingStage,
  UnpackStage,
  VerifyStage,
} from '../stages/stages.ts';
import type { FreshnessGate } from './freshness-gate.ts';
import { refuseLostProtection } from './lost-protection.ts';
import { withWarnings } from './policy-warning.ts';

/** The stages a source passes through. */
export interface SourceStages {
  readonly resolve: ResolveStage;
  readonly verify: VerifyStage;
  readonly standing: StandingStage;
  readonly freshness: FreshnessStage;
  readonly fetch: FetchStage;
  readonly unpack: UnpackStage;
}

export interface SourcePoll {
  readonly source: OciRepository;
  readonly desired: DesiredState;
  readonly known: Validator | undefined;
  /** Who asked for a signature of what is in force, and got one; as in `SourceRecord`. */
  readonly verifiedBy: readonly string[] | undefined;
  /** Revision in force; it stays there although it would not be taken up any more. */
  readonly inForce: string | undefined;
  readonly gate: FreshnessGate;
}

type Refused = Extract<Verdict, { kind: 'refused' }>;
type Accepting = Exclude<Verdict, Refused>;

/** How a poll ended when nothing broke. */
export type PollOutcome =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly revision: string; readonly verdict: Refused }
  | {
      readonly kind: 'stored';
      readonly verdict: Accepting;
      readonly freshness: FreshnessOutcome;
      /** What was asked of it. */
      readonly freshnessBasis: string;
      readonly layer: FetchedLayer;
      readonly artifact: Artifact;
      readonly validator: Validator;
    };

/**
 * The way of a source: resolve, verify, fetch, unpack. Nothing is fetched before it is accepted and its floor is on disk, nothing is unpacked
 * before it is whole.
 * `spec.timeout` bounds the questions to the registry; a large layer over a thin link may take as long as it moves, and not only trickles.
 * @throws StageFailure
 */
export async function pollSource(
  stages: SourceStages,
  clock: Clock,
  poll: SourcePoll,
  signal: AbortSignal,
): Promise<PollOutcome> {
  const { source, desired, known } = poll;
  const { url, timeout } = source.spec;
  const deadline = { clock, ms: timeout, subject: url };

  const { digest: pinned } = source.spec.ref;
  const denied = pinned === undefined ? undefined : stages.verify.denied(source, desired, pinned);
  if (pinned !== undefined && denied !== undefined)
    return { kind: 'refused', revision: pinned, verdict: denied };
  const outcome = await inStage('resolve', url, () =>
    withDeadline(deadline, signal, (bounded) =>
      stages.resolve.resolve({ source, desired, ...(known === undefined ? {} : { known }) }, bounded),
    ),
  );
  if (outcome.kind === 'unchanged') return outcome;

  const { resolved, validator } = outcome;
  const request: RevisionRequest = { source, desired, resolved };
  const judged = await inStage('verify', url, () =>
    withDeadline(deadline, signal, (bounded) => stages.verify.verify(request, bounded)),
  );
  const verdict = refuseLostProtection(judged, source, poll.verifiedBy);
  const { revision } = resolved;
  if (verdict.kind === 'refused') return { kind: 'refused', revision, verdict };
  const freshnessBasis = stages.freshness.basis(source, desired);
  const freshness = await inStage('verify', url, async () => poll.gate.pass(request, verdict));
  if (freshness.kind === 'stale' && !isInForce(poll, verdict.digest))
    return { kind: 'refused', revision, verdict: refusal(verdict.digest, freshness) };

  const layer = await inStage('fetch', url, () =>
    withPace({ clock, subject: url }, signal, (bounded, progress) =>
      stages.fetch.fetch(request, bounded, progress),
    ),
  );
  const artifact = await inStage('unpack', url, () => stages.unpack.unpack(source, layer, signal));
  const warnings = freshness.kind === 'stale' ? [] : freshness.warnings;
  const warned = withWarnings(verdict, warnings);
  return { kind: 'stored', verdict: warned, freshness, freshnessBasis, layer, artifact, validator };
}

function isInForce({ inForce }: SourcePoll, digest: string): boolean {
  return inForce !== undefined && revisionDigest(inForce) === digest;
}

function refusal(digest: string, { code, detail }: Extract<FreshnessOutcome, { kind: 'stale' }>): Refused {
  return { kind: 'refused', digest, code, detail, refusals: [{ code, subject: digest, detail }] };
}
