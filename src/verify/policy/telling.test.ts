import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Refusal } from '../../api/index.ts';
import { byTelling } from './telling.ts';

const refusal: fc.Arbitrary<Refusal> = fc.record({
  code: fc.constantFrom('POLICY_DENIED', 'SIGNATURE_MISSING', 'SIGNATURE_MALFORMED', 'USAGE'),
  subject: fc.constantFrom('a', 'b'),
  detail: fc.constantFrom('c', 'd', 'e'),
});

it('refusals have one order, in whatever order they were found', () => {
  fc.assert(
    fc.property(fc.array(refusal), (found) => {
      expect(found.toReversed().sort(byTelling)).toEqual([...found].sort(byTelling));
    }),
  );
});

it('of refusals, what is forbidden comes first, and what has no place comes last', () => {
  const codes = ['USAGE', 'SIGNATURE_MISSING', 'POLICY_DENIED', 'SIGNATURE_MALFORMED'] as const;
  const found = codes.map((code): Refusal => ({ code, subject: 'a', detail: 'b' }));
  expect(found.sort(byTelling).map(({ code }) => code)).toEqual([
    'POLICY_DENIED',
    'SIGNATURE_MALFORMED',
    'SIGNATURE_MISSING',
    'USAGE',
  ]);
});
