import { hasSetting, objectKeys } from '../../api/index.ts';
import { type KubernetesObject, withLiveFields } from '../../core/index.ts';
import { changedFields } from '../changes/changed-fields.ts';
import type { Candidate } from '../filters/filter.ts';
import type { WriteStep } from '../plan/plan.ts';

interface ChangeRequest {
  /** What nothing that is said of the object may repeat. */
  readonly secretTexts: readonly string[] | undefined;
  /** Fields that are left to others, as JSON pointers. */
  readonly ignored: readonly string[];
}

/** The step that makes of what is there what is asked for. */
export function changeStep(
  { ref, marks, observation, delivery }: Candidate,
  object: KubernetesObject,
  { secretTexts, ignored }: ChangeRequest,
): WriteStep {
  const forced = [object.metadata, marks].some((one) => hasSetting(one, objectKeys.force, 'enabled'));
  const recreate = delivery.force || forced;
  const step = { kind: 'change', ref, object, recreate, ...(ignored.length > 0 && { ignored }) } as const;
  if (observation.kind !== 'present') return { ...step, changes: undefined };
  const { live, writers: by, uid } = observation;
  const changes = live && changedFields(live, withLiveFields(object, live, ignored), secretTexts);
  return { ...step, changes, ...(by && { by }), ...(uid === undefined ? {} : { uid }) };
}
