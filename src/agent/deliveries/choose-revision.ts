import {
  type Artifact,
  askedSource,
  type Candidate,
  type DeliveryRecord,
  type DesiredState,
  deliveryText,
  findNamed,
  type Kustomization,
  type OciRepository,
  requestedAtAnnotation,
  rollbackAnnotation,
  type StateStore,
} from '../../api/index.ts';
import { formatRef, SealiftError } from '../../core/index.ts';
import { type Course, courseOf, wayBack } from '../journal/journal.ts';
import type { Lives } from '../journal/lives.ts';
import type { SourcesInForce } from '../sources/in-force.ts';
import { unmetDependency } from './dependencies.ts';

interface ChoiceDeps {
  readonly sources: SourcesInForce;
  readonly state: StateStore;
  readonly lives: Lives;
  readonly crossNamespaceRefs: boolean;
}

interface Question {
  readonly delivery: Kustomization;
  readonly desired: DesiredState;
  readonly record: DeliveryRecord;
}

/** Which revision a delivery takes. */
export interface Choice {
  readonly revision: string;
  /** To be on disk before anything is done with it; `undefined` for a delivery that never goes back. */
  readonly journal: DeliveryRecord['journal'];
  /** What the source has in force: what other deliveries of it are built from. */
  readonly offered: Artifact | undefined;
  /** It is on its way to what held last, and what another revision brought goes. */
  readonly isReturning: boolean;
  /** Its tree. @throws SealiftError, StageFailure */
  tree(signal: AbortSignal): Promise<Artifact>;
}

/**
 * The revision that the delivery's source has in force, once everything the delivery waits for is there; or the last good one, which was there
 * before and waits for nothing.
 */
export async function chooseRevision(
  deps: ChoiceDeps,
  { delivery, desired, record }: Question,
  signal: AbortSignal,
): Promise<Choice> {
  const { sources, state, lives, crossNamespaceRefs } = deps;
  if (!crossNamespaceRefs) refuseOtherNamespace(delivery);
  const source = sourceOf(delivery, desired);
  const offer = await sources.candidate(source, desired, signal);
  const offered = offer?.artifact;
  const course = courseFor({ delivery, desired, record }, source, offer?.candidate);
  if (course.kind === 'back') {
    const { candidate, journal } = course;
    return {
      revision: candidate.layer.revision,
      journal,
      offered,
      isReturning: journal.attempt?.stage === 'returning',
      tree: (stop) => sources.kept(source, desired, candidate, stop),
    };
  }
  if (course.kind === 'wait' || offered === undefined) {
    const subject = formatRef(askedSource(delivery));
    throw new SealiftError('SOURCE_NOT_READY', subject, 'no accepted artifact in force');
  }
  const { revision } = offered;
  await requireDependencies(state, { delivery, desired, revision });
  const journal = isEnabled(delivery) ? lives.takeUp(record, course.journal) : undefined;
  if (journal !== undefined && wayBack(journal) !== undefined)
    return chooseRevision(deps, { delivery, desired, record: { ...record, journal } }, signal);
  return { revision, journal, offered, isReturning: false, tree: async () => offered };
}

function isEnabled({ metadata }: Kustomization): boolean {
  return metadata.annotations[rollbackAnnotation] === 'enabled';
}

function courseFor(
  { delivery, record }: Question,
  { metadata }: OciRepository,
  candidate: Candidate | undefined,
): Course {
  const { namespace, name } = metadata;
  const journal = isEnabled(delivery) ? (record.journal ?? {}) : {};
  const request = delivery.metadata.annotations[requestedAtAnnotation];
  return courseOf(journal, {
    source: { namespace, name },
    candidate,
    generation: record.generation,
    request,
  });
}

/** In Flux's words. */
function refuseOtherNamespace(delivery: Kustomization): void {
  const asked = askedSource(delivery);
  if (asked.namespace === delivery.metadata.namespace) return;
  const detail = `can't access '${formatRef(asked)}', cross-namespace references have been blocked`;
  throw new SealiftError('CROSS_NAMESPACE_DENIED', deliveryText(delivery.metadata), detail);
}

function sourceOf(delivery: Kustomization, { sources }: DesiredState): OciRepository {
  const asked = askedSource(delivery);
  const source = findNamed(sources, asked.namespace, asked.name);
  if (source !== undefined) return source;
  throw new SealiftError('OBJECT_NOT_FOUND', formatRef(asked), 'not found in the configuration');
}

async function requireDependencies(
  state: StateStore,
  { delivery, desired, revision }: Omit<Question, 'record'> & { readonly revision: string },
): Promise<void> {
  const { deliveries } = desired;
  const unmet = await unmetDependency({ delivery, deliveries, records: state.deliveries.all(), revision });
  if (unmet === undefined) return;
  throw new SealiftError('DEPENDENCY_NOT_READY', deliveryText(delivery.metadata), unmet);
}
