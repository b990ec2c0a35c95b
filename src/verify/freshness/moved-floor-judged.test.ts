import { describe, expect, it } from 'vitest';
import { type Floor, type FloorOrder, freshnessAnnotations as names } from '../../api/index.ts';
import { judgeFreshness } from './judge-freshness.ts';
import { movedFloor } from './moved-floor.ts';
import type { FreshnessRule, JudgedRevision } from './rule.ts';

const source = 'edge/app';

const floorAt = (order: FloorOrder, value: number | string, change: Partial<Floor> = {}): Floor => ({
  repository: 'registry.test/app',
  stream: '',
  order,
  value,
  digest: 'sha256:floor',
  epoch: 0,
  sources: [source],
  superseded: [],
  withdrawn: [],
  at: 1,
  ...change,
});

const artifact = (name: string, change: Partial<JudgedRevision> = {}): JudgedRevision => ({
  digest: `sha256:${name}`,
  tag: 'stable',
  annotations: {},
  signatures: [{ authority: 'release/ci', keyId: 'sha256:00', annotations: {}, times: [] }],
  threshold: 1,
  ...change,
});
const release = (name: string, sequence: number, stream = ''): JudgedRevision =>
  artifact(name, {
    annotations: { [names.sequence]: String(sequence), ...(stream === '' ? {} : { [names.stream]: stream }) },
  });

function judged(floor: Floor, revision: JudgedRevision) {
  const rule: FreshnessRule = { order: floor.order, expires: 'ignore' };
  const policy = 'VerificationPolicy/edge/release';
  const memory = { repository: floor.repository, policy, source, floors: [floor], now: 2 };
  return judgeFreshness(rule, revision, memory);
}

/** The floor that an artifact becomes. */
function floorAfter(floor: Floor, revision: JudgedRevision): Floor {
  const answer = judged(floor, revision);
  if (answer.kind === 'stale') throw new Error(answer.detail);
  if (answer.floor === undefined) throw new Error('expected a floor, got none');
  return answer.floor;
}

const refused = (code: string, detail: string) => ({
  kind: 'stale',
  code,
  detail: expect.stringContaining(detail),
});
const lower = { direction: 'lower', at: 9 } as const;
const raise = { direction: 'raise', at: 9 } as const;

describe('a floor that an operator moved to where no artifact stands', () => {
  const moved = movedFloor(floorAt('sequence', 7), { ...lower, to: '5' });

  it('is that of the first artifact that comes there, and of no other', () => {
    const five = floorAfter(moved, release('five', 5));
    expect(five).toMatchObject({ value: 5, digest: 'sha256:five' });
    expect(judged(five, release('other', 5))).toMatchObject(refused('REVISION_EQUIVOCATION', 'sha256:other'));
  });

  it('is remembered without an artifact when one comes above it', () => {
    const [before] = floorAfter(moved, release('six', 6)).superseded;
    expect(before?.value).toBe(5);
    expect(before).not.toHaveProperty('digest');
  });

  it('is left by a statement that names its place, and nothing but the place is taken back', () => {
    const four = release('four', 4);
    const back = { ...four, annotations: { ...four.annotations, [names.stepBack]: '5' } };
    expect(floorAfter(moved, back).withdrawn).toEqual(['sequence 5']);
  });
});

describe('a floor of one artifact in several places', () => {
  it('is the highest of them', () => {
    const first = floorAt('semver', '1.0.0');
    const second = floorAfter(first, artifact('floor', { tag: '1.1.0' }));
    expect(second).toMatchObject({ value: '1.1.0', digest: 'sha256:floor', superseded: [] });
    expect(judged(second, artifact('other', { tag: '1.0.5' }))).toMatchObject(
      refused('REVISION_ROLLBACK', '1.1.0'),
    );
  });

  it('that was lowered to is not its own past', () => {
    const superseded = [
      { value: 6, digest: 'sha256:six' },
      { value: 5, digest: 'sha256:six' },
      { value: 4, digest: 'sha256:four' },
    ];
    const lowered = movedFloor(floorAt('sequence', 7, { superseded }), { ...lower, to: '6' });
    expect(lowered.superseded).toEqual([{ value: 4, digest: 'sha256:four' }]);
  });
});

describe('a refusal', () => {
  it('of another stream says which one it is, and that there is none', () => {
    expect(judged(floorAt('sequence', 7), release('eight', 8, 'beta'))).toMatchObject(
      refused('REVISION_OTHER_STREAM', 'this source follows, none, got one of "beta"'),
    );
    expect(judged(floorAt('sequence', 7, { stream: 'beta' }), release('eight', 8))).toMatchObject(
      refused('REVISION_OTHER_STREAM', 'this source follows, "beta", got one of none'),
    );
  });

  it.each([
    [lower, '8', 'expected a place at or below the floor, which is sequence 7'],
    [raise, '6', 'expected a place above the floor, which is sequence 7'],
    [lower, 'sha256:unknown', 'expected a digest that was the floor before, one of 0, got sha256:unknown'],
    [lower, '2026-05-01T00:00:00Z', 'expected a sequence number, got 2026-05-01T00:00:00Z'],
  ])('to move it says what was expected (%o to %s)', (move, to, message) => {
    expect(() => movedFloor(floorAt('sequence', 7), { ...move, to })).toThrow(message);
  });
});
