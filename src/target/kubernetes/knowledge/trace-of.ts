import { hasSetting, objectKeys, type Trace } from '../../../api/index.ts';
import { type KubernetesObject, withoutIgnored } from '../../../core/index.ts';
import { canonicalText } from '../text/canonical-text.ts';
import { shortHash } from '../text/short-hash.ts';
import type { Asked } from './asked.ts';
import type { Glimpse } from './glimpse.ts';

/** Of what is made of an object before it is sent: with another form, nothing that was written before is known to be the same. */
const formVersion = 1;

/** Of what is asked for, but for the fields that are left to others; which those are follows after a dot. */
export function desiredHash({ desired, ignored }: Asked): string {
  const asked = shortHash(canonicalText([formVersion, withoutIgnored(desired, ignored)]));
  return ignored.length === 0 ? asked : `${asked}.${hashOf(ignored)}`;
}

/** Whether the same fields were left to others: if not, what is remembered says nothing of those that were. */
export function isOfSameRules({ desired }: Trace, { ignored }: Asked): boolean {
  const [, rules] = desired.split('.');
  return rules === (ignored.length === 0 ? undefined : hashOf(ignored));
}

function hashOf(ignored: readonly string[]): string {
  return shortHash(canonicalText(ignored));
}

/** What is remembered after `asked` was written and this stood there; `undefined` where no field of it is ours. */
export function traceOf(asked: Asked, { uid, entry }: Glimpse): Trace | undefined {
  return entry === undefined ? undefined : { desired: desiredHash(asked), uid, entry };
}

/** True when an object is as we left it, whatever that was. */
export function isIntact(glimpse: Glimpse, { uid, entry }: Trace, desired: KubernetesObject): boolean {
  return glimpse.uid === uid && glimpse.entry === entry && !isToTakeOver(glimpse, desired);
}

/** True when fields of others are to become ours; `ssa: Merge`, in the build or on the live object, leaves them theirs. */
export function isToTakeOver({ foreignFields, marks }: Glimpse, desired: KubernetesObject): boolean {
  const merges = [desired.metadata, marks].some((one) => hasSetting(one, objectKeys.ssa, 'merge'));
  return foreignFields && !merges;
}
