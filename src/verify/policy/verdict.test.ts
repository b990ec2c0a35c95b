import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Refusal, Signer } from '../../api/index.ts';
import type { ErrorCode } from '../../core/index.ts';
import type { Authority } from '../proof/authority.ts';
import type { Finding, Judgement } from './examine.ts';
import { refuse } from './refuse.ts';
import { anyAuthority, type Requirement } from './requirement.ts';
import { allHold, decideVerdict } from './verdict.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const authority: Authority = { kind: 'key', name: 'policy/a', keys: [], time: { logs: 0, timestamps: 0 } };
const requirement = (name: string): Requirement => anyAuthority(name, [authority]);
const one = [requirement('one')];
const two = [requirement('one'), requirement('two')];

const signed = (keyId: string, evidence = keyId): Judgement => {
  const signer: Signer = {
    policy: 'policy',
    authority: `policy/${keyId}`,
    keyId,
    format: 'bundle',
    evidence,
    times: [],
    annotations: {},
  };
  const attempt = { authority: signer.authority, result: { kind: 'held', signer } } as const;
  return { kind: 'examined', attempts: [attempt] };
};
const refused = (code: ErrorCode, subject = 'sha256:x'): Judgement => {
  const refusal: Refusal = { code, subject, detail: 'because' };
  return { kind: 'refused', refusal };
};
const notAsked: Judgement = { kind: 'not-asked' };

/** Candidates, by what each is worth to each requirement. */
const found = (...judgements: readonly (readonly Judgement[])[]): readonly Finding[] =>
  judgements.map((each, at) => ({ format: 'bundle', evidence: `sha256:${at}`, judgements: each }));
const decide = (requirements: readonly Requirement[], judgements: readonly (readonly Judgement[])[]) =>
  decideVerdict(digest, requirements, found(...judgements));

describe('decideVerdict', () => {
  it.each<[string, readonly Requirement[], readonly (readonly Judgement[])[], ErrorCode]>([
    ['nothing found', one, [], 'SIGNATURE_MISSING'],
    ['nothing that was asked for', one, [[notAsked]], 'SIGNATURE_MISSING'],
    ['one of two requirements without signer', two, [[signed('a'), notAsked]], 'SIGNATURE_MISSING'],
    ['findings shorter than the requirements', two, [[signed('a')]], 'SIGNATURE_MISSING'],
    [
      'wrong digest before unknown key',
      one,
      [[refused('SIGNATURE_KEY_UNKNOWN')], [refused('SIGNATURE_WRONG_DIGEST')]],
      'SIGNATURE_WRONG_DIGEST',
    ],
    [
      'unknown key before malformed',
      one,
      [[refused('SIGNATURE_MALFORMED')], [refused('SIGNATURE_KEY_UNKNOWN')]],
      'SIGNATURE_KEY_UNKNOWN',
    ],
    [
      'malformed before wrong type',
      one,
      [[refused('SIGNATURE_WRONG_TYPE')], [refused('SIGNATURE_MALFORMED')]],
      'SIGNATURE_MALFORMED',
    ],
    ['wrong type before missing', two, [[refused('SIGNATURE_WRONG_TYPE'), notAsked]], 'SIGNATURE_WRONG_TYPE'],
    [
      'a candidate before the limit',
      one,
      [[refused('CONTENT_TOO_LARGE')], [refused('SIGNATURE_MALFORMED')]],
      'SIGNATURE_MALFORMED',
    ],
    ['the limit alone', one, [[refused('CONTENT_TOO_LARGE')]], 'CONTENT_TOO_LARGE'],
  ])('refuses: %s', (_what, requirements, findings, code) => {
    expect(decide(requirements, findings)).toMatchObject({ kind: 'refused', digest, code });
  });

  it('never accepts without requirements', () => {
    expect(() => decide([], [[]])).toThrow(RangeError);
    expect(allHold([], [], digest)).toBe(false);
  });

  it('never refuses without a reason', () => {
    expect(() => refuse(digest, [])).toThrow(RangeError);
  });

  it('says of how many a signature is missing, where one is not enough', () => {
    const two = { ...requirement('one'), authorities: [authority, authority], threshold: 2 };
    const asked = `one: expected a signature of ${digest} in format bundle or legacy`;
    expect(decide(one, [])).toMatchObject({ detail: `${asked}, got none` });
    expect(decide([two], [])).toMatchObject({ detail: `${asked} by 2 of 2 authorities, got none` });
  });

  it('says the most telling reason first, and how many more there are', () => {
    const verdict = decide(one, [[refused('SIGNATURE_KEY_UNKNOWN', 'x')]]);
    expect(verdict).toMatchObject({ detail: 'x: because' });
    const other = decide(one, [
      [refused('SIGNATURE_KEY_UNKNOWN', 'x')],
      [refused('SIGNATURE_WRONG_DIGEST', 'y')],
      [refused('SIGNATURE_MALFORMED', 'z')],
    ]);
    expect(other).toMatchObject({ detail: 'y: because (and 2 more)' });
  });

  it('lists refusals of failing requirements only, each once', () => {
    const findings = [
      [signed('a'), refused('SIGNATURE_KEY_UNKNOWN', 'x')],
      [refused('SIGNATURE_MALFORMED', 'y'), notAsked],
      [notAsked, refused('SIGNATURE_KEY_UNKNOWN', 'x')],
    ];
    expect(decide(two, findings)).toMatchObject({
      refusals: [{ code: 'SIGNATURE_KEY_UNKNOWN', subject: 'x' }],
    });
  });

  it('counts a key once for a requirement', () => {
    const verdict = decide(one, [[signed('a', 'first')], [signed('a', 'second')], [signed('b')]]);
    expect(verdict).toMatchObject({ kind: 'accepted', signers: [{ evidence: 'first' }, { keyId: 'b' }] });
  });

  const judgement = fc.oneof(
    fc.constant(notAsked),
    fc.constantFrom('a', 'b').map((key) => signed(key)),
    fc
      .tuple(
        fc.constantFrom<ErrorCode[]>(
          'SIGNATURE_WRONG_DIGEST',
          'SIGNATURE_KEY_UNKNOWN',
          'SIGNATURE_MALFORMED',
          'SIGNATURE_WRONG_TYPE',
        ),
        fc.constantFrom('x', 'y'),
      )
      .map(([code, subject]) => refused(code, subject)),
  );

  it('accepts exactly when each requirement has a signer, in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(judgement, judgement), { maxLength: 6 }), (findings) => {
        const holds = [0, 1].every((at) => findings.some((finding) => finding[at]?.kind === 'examined'));
        const verdict = decide(two, findings);
        const reversed = decide(two, findings.toReversed());
        expect(verdict.kind).toBe(holds ? 'accepted' : 'refused');
        expect(reversed.kind).toBe(verdict.kind);
        if (verdict.kind === 'refused') expect(reversed).toEqual(verdict);
      }),
    );
  });
});
