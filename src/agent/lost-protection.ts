import { allowUnsignedAnnotation, type OciRepository, type Verdict } from '../api/index.ts';

/**
 * Refuses to take unsigned what had to be signed before: a policy file that is renamed, lost or not yet copied must not open the site. Who
 * means it says so, with a policy or with an annotation on the source.
 */
export function refuseLostProtection(verdict: Verdict, source: OciRepository, wasVerified: boolean): Verdict {
  const allowed = source.metadata.annotations[allowUnsignedAnnotation] === 'true';
  if (verdict.kind !== 'not-required' || !wasVerified || allowed) return verdict;
  if (verdict.letThroughBy !== undefined) return verdict;
  const { digest } = verdict;
  const subject = `OCIRepository/${source.metadata.namespace}/${source.metadata.name}`;
  const detail = `expected a policy, as there was one before; without one, only the annotation ${allowUnsignedAnnotation}: "true" lets it through`;
  const code = 'POLICY_NO_MATCH';
  return { kind: 'refused', digest, code, detail, refusals: [{ code, subject, detail }] };
}
