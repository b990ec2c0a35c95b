import type { Refusal, Verdict } from '../../api/index.ts';
import { byTelling } from './telling.ts';

/** @throws RangeError without a single refusal: a verdict without reason is a defect. */
export function refuse(
  digest: string,
  refusals: readonly Refusal[],
): Extract<Verdict, { readonly kind: 'refused' }> {
  const ordered = mostTellingFirst(refusals);
  const [first] = ordered;
  if (first === undefined) throw new RangeError('expected at least one refusal');
  const more = ordered.length > 1 ? ` (and ${ordered.length - 1} more)` : '';
  return {
    kind: 'refused',
    digest,
    code: first.code,
    detail: `${first.subject}: ${first.detail}${more}`,
    refusals: ordered,
  };
}

/** Each code about each subject once. */
export function mostTellingFirst(refusals: readonly Refusal[]): readonly Refusal[] {
  const first = new Map(
    refusals.toReversed().map((refusal) => [`${refusal.code} ${refusal.subject}`, refusal]),
  );
  return [...first.values()].sort(byTelling);
}
