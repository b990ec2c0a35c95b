import { allowUnsignedAnnotation, type OciRepository, sourceText, type Verdict } from '../../api/index.ts';

/**
 * Refuses to take unsigned what had to be signed before: a policy file that is renamed, lost or not yet copied must not open the site, also
 * where another policy is left that lets everything through. Who means it says so, with the policy that asked before or with an annotation on
 * the source.
 * @param verifiedBy who asked for a signature of what is in force, and got one; `undefined` where nobody did.
 */
export function refuseLostProtection(
  verdict: Verdict,
  source: OciRepository,
  verifiedBy: readonly string[] | undefined,
): Verdict {
  const allowed = source.metadata.annotations[allowUnsignedAnnotation] === 'true';
  if (verdict.kind !== 'not-required' || verifiedBy === undefined || allowed) return verdict;
  if (verdict.letThroughBy?.some((name) => verifiedBy.includes(name)) === true) return verdict;
  const { digest } = verdict;
  const subject = sourceText(source.metadata);
  const detail = `expected it to be signed, as ${verifiedBy.join(' and ')} asked before; only that policy, or the annotation ${allowUnsignedAnnotation}: "true", lets it through without`;
  const code = 'POLICY_NO_MATCH';
  return { kind: 'refused', digest, code, detail, refusals: [{ code, subject, detail }] };
}
