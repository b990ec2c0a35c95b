import type { Refusal, Verdict } from '../../api/index.ts';
import { rfc3339 } from '../../core/index.ts';

/** A trusted root that a verdict may rest on. */
export interface RootAge {
  readonly name: string;
  /** Milliseconds since the epoch: when it was published or stored. */
  readonly since: number;
}

/** The public-good instance announces new members months before they sign; half a year without a look may miss them. */
const oldRootMs = 180 * 24 * 60 * 60_000;

/**
 * The verdict with a warning for each trusted root that nobody has renewed for long, and due again when the next one becomes so. An old root
 * proves what it always did; what it does not know are logs and authorities that began since, whose signatures would be refused.
 */
export function withRootAge(verdict: Verdict, roots: readonly RootAge[], now: number): Verdict {
  if (verdict.kind !== 'accepted') return verdict;
  const old = roots.filter(({ since }) => now >= since + oldRootMs);
  const coming = roots.filter((root) => !old.includes(root)).map(({ since }) => since + oldRootMs);
  const until = Math.min(verdict.validUntil ?? Number.POSITIVE_INFINITY, ...coming);
  return {
    ...verdict,
    warnings: [...verdict.warnings, ...old.map(warning)],
    ...(Number.isFinite(until) ? { validUntil: until } : {}),
  };
}

function warning({ name, since }: RootAge): Refusal {
  const detail = `trust root is old: it is from ${rfc3339(since)}, and does not know logs and authorities that began since`;
  return { code: 'TRUST_OLD', subject: `trusted root ${name}`, detail };
}
