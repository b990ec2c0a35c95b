import type { Candidate, Finding } from './filter.ts';

/** A deletion needs proof by label, as in Flux: who takes the owner labels off keeps the object. An apply puts them back. */
export function labelsRemoved({ intent, ownership }: Candidate): Finding | undefined {
  if (intent === 'apply' || ownership !== 'unlabelled') return undefined;
  return { kind: 'keep', reason: 'labels-removed' };
}
