import { Refused } from '../evidence/refused.ts';
import type { Authority, TimeRule } from './authority.ts';
import type { TrustedRoot } from './trusted-root.ts';

/** Which evidence an authority looks at. What it does not look at is taken out before the library sees it: that refuses what it does not know. */
export interface AskedEvidence {
  readonly logs: boolean;
  readonly timestamps: boolean;
}

/**
 * What is asked for by the rule of the authority alone. A keyless one without rule takes either proof of time that its root knows of; it
 * takes timestamps beside an entry too, because entries of Rekor v2 have no time.
 */
export function askedEvidence({ kind, time, trustedRoot }: Authority): AskedEvidence {
  requireCounts(time);
  const asked = { logs: time.logs > 0, timestamps: time.timestamps > 0 };
  if (kind !== 'keyless') return asked;
  const { logs = [], timestampAuthorities = [] } = trustedRoot ?? {};
  return {
    logs: asked.logs || (!asked.timestamps && logs.length > 0),
    timestamps: timestampAuthorities.length > 0,
  };
}

/** NaN, a text or a fraction would make every comparison come out as held. */
function requireCounts({ logs, timestamps }: TimeRule): void {
  for (const count of [logs, timestamps]) {
    if (Number.isSafeInteger(count) && count >= 0) continue;
    throw new Refused(
      'CONFIG_INVALID',
      `expected a whole number of logs and timestamps, got ${String(count)}`,
    );
  }
}

/** @throws Refused TRUST_INVALID: an authority that asks for evidence has to say whose. */
export function requireRoot(root: TrustedRoot | undefined): TrustedRoot {
  if (root !== undefined) return root;
  throw new Refused('TRUST_INVALID', 'expected a trusted root for logs and timestamps, got none');
}
