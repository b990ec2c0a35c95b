import { describe, expect, it } from 'vitest';
import { type Refusal, setConditions } from '../../api/index.ts';
import { keptWarning, warningDraft, warningEvents } from './policy-warning.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const warning = {
  code: 'POLICY_DENIED',
  subject: 'VerificationPolicy/default/try',
  detail: 'denied',
} as const;
const status = (warnings: readonly Refusal[], kind: 'accepted' | 'not-required' = 'not-required') => {
  const verdict = kind === 'accepted' ? { kind, digest, signers: [], warnings } : { kind, digest, warnings };
  return { observedGeneration: 1, conditions: setConditions([], warningDraft(verdict, 1), 0) };
};

describe('what a policy in mode warn would have refused', () => {
  it.each(['accepted', 'not-required'] as const)('stands in the status of what is %s', (kind) => {
    expect(keptWarning(status([warning], kind))).toMatchObject([
      {
        type: 'PolicyWarning',
        status: 'True',
        reason: 'PolicyDenied',
        message: 'VerificationPolicy/default/try: denied',
      },
    ]);
  });

  it('leaves no condition where there is nothing to warn of', () => {
    expect(keptWarning(status([]))).toEqual([]);
    expect(warningDraft({ kind: 'not-required', digest }, 1)).toEqual([]);
  });

  it('is told once, and again when it is another one', () => {
    const other = { ...warning, detail: 'denied too' };
    expect(warningEvents(status([]), status([warning]), 'v1')).toMatchObject([{ kind: 'policy-warned' }]);
    expect(warningEvents(status([warning]), status([warning]), 'v1')).toEqual([]);
    expect(warningEvents(status([warning]), status([other]), 'v1')).toHaveLength(1);
    expect(warningEvents(status([warning]), status([]), 'v1')).toEqual([]);
  });
});
