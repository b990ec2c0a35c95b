import { hasSetting, objectKeys, type Trace } from '../../../api/index.ts';
import type { KubernetesObject } from '../../../core/index.ts';
import { canonicalText } from '../text/canonical-text.ts';
import { shortHash } from '../text/short-hash.ts';
import type { Glimpse } from './glimpse.ts';

/** Of what is made of an object before it is sent: with another form, nothing that was written before is known to be the same. */
const formVersion = 1;

export function desiredHash(object: KubernetesObject): string {
  return shortHash(canonicalText([formVersion, object]));
}

/** What is remembered after `object` was written and this stood there; `undefined` where no field of it is ours. */
export function traceOf(object: KubernetesObject, { uid, entry }: Glimpse): Trace | undefined {
  return entry === undefined ? undefined : { desired: desiredHash(object), uid, entry };
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
