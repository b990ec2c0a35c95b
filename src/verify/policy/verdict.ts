import type { Refusal, Verdict } from '../../api/index.ts';
import type { Finding } from './examine.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { mostTellingFirst, refuse } from './refuse.ts';
import type { Requirement } from './requirement.ts';
import { earliest } from './valid-until.ts';

/** True when every requirement holds by these findings alone: nothing that is found later can change that. */
export function allHold(
  requirements: readonly Requirement[],
  findings: readonly Finding[],
  digest: string,
): boolean {
  return (
    requirements.length > 0 &&
    requirements.every((requirement, at) => outcomeOf({ requirement, at, digest }, findings).holds)
  );
}

/**
 * The verdict on a digest. Refused unless every requirement holds that is enforced; the order of findings does not matter.
 * @throws RangeError without requirements: nothing to ask is the caller's to tell.
 */
export function decideVerdict(
  digest: string,
  requirements: readonly Requirement[],
  findings: readonly Finding[],
): Verdict {
  if (requirements.length === 0) throw new RangeError('expected at least one requirement');
  const judged = requirements.map((requirement, at) => ({
    requirement,
    outcome: outcomeOf({ requirement, at, digest }, findings),
  }));
  const failing = judged.filter(({ outcome }) => !outcome.holds);
  const enforced = failing.filter(({ requirement }) => requirement.mode === 'enforce');
  if (enforced.length > 0) return refuse(digest, refusalsOf(enforced));
  const warnings = [...requirements.flatMap(({ notes }) => notes), ...mostTellingFirst(refusalsOf(failing))];
  return letThrough(digest, judged, warnings);
}

interface Judged {
  readonly requirement: Requirement;
  readonly outcome: Outcome;
}

/** Accepted is what somebody vouched for; what nobody was asked to vouch for is let through by those who said so. */
function letThrough(digest: string, judged: readonly Judged[], warnings: readonly Refusal[]): Verdict {
  const holding = judged.filter(({ outcome }) => outcome.holds);
  const signers = holding.flatMap(({ outcome }) => outcome.signers);
  const validUntil = earliest(holding.map(({ outcome }) => outcome.until));
  if (signers.length > 0) {
    return {
      kind: 'accepted',
      digest,
      signers,
      warnings,
      ...(validUntil === undefined ? {} : { validUntil }),
    };
  }
  const letThroughBy = judged.map(({ requirement }) => requirement.name);
  return { kind: 'not-required', digest, letThroughBy, warnings };
}

function refusalsOf(failing: readonly Judged[]): readonly Refusal[] {
  return failing.flatMap(({ outcome }) => outcome.refusals);
}
