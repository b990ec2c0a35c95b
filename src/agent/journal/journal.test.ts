import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate, DeliveryJournal } from '../../api/index.ts';
import { afterFailed, afterHeld, courseOf } from './journal.ts';

const source = { namespace: 'edge', name: 'app' };

function candidateOf(digest: string): Candidate {
  const layer = { mediaType: 'x', digest, size: 1 };
  return { source, layer: { revision: `stable@${digest}`, layer, annotations: {} }, root: `/${digest}` };
}

/** Those with a name in capitals fail, as often as they are tried. */
const digests = ['a', 'b', 'C', 'D'] as const;
const isBad = (digest: string): boolean => digest === digest.toUpperCase();

type Step =
  | { readonly kind: 'publish'; readonly digest: (typeof digests)[number] }
  | { readonly kind: 'revoke' | 'accept' | 'spec' | 'ask' | 'run' }
  /** The agent is killed during a run: what it was to do did not come to an end. */
  | { readonly kind: 'kill' }
  /** The target is away. */
  | { readonly kind: 'trouble' };

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('publish' as const), digest: fc.constantFrom(...digests) }),
    fc.record({ kind: fc.constantFrom('revoke', 'accept', 'spec', 'ask', 'kill', 'trouble') }),
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('run' as const) }) },
  ),
  { maxLength: 40 },
) as fc.Arbitrary<readonly Step[]>;

/** A delivery that does what the journal says, and what came of it. */
class Model {
  journal: DeliveryJournal = {};
  offered: string = 'a';
  isAccepted = true;
  generation = 1;
  request = 0;
  /** What is in the target, as far as it is known. */
  applied: string | undefined;
  lastHeld: string | undefined;
  /** What failed last, and what was asked for then. */
  failed: string | undefined;
  readonly tried: string[] = [];

  /** One run; it may be cut off after its course is on disk. */
  run(ends: boolean): void {
    const offer = {
      source,
      candidate: this.isAccepted ? candidateOf(this.offered) : undefined,
      generation: this.generation,
      request: `${this.request}`,
    };
    const course = courseOf(this.journal, offer);
    if (course.kind === 'wait') return;
    const { digest } = course.candidate.layer.layer;
    if (course.kind === 'forward') {
      expect(this.isAccepted && digest === this.offered, 'goes to what is offered, and accepted').toBe(true);
      expect(this.#identity(), 'does not try again what failed').not.toBe(this.failed);
      this.tried.push(digest);
    } else expect(digest, 'goes back to what held last').toBe(this.lastHeld);
    this.journal = course.journal;
    this.applied = digest;
    if (ends) this.#end(digest);
    const { good } = this.journal;
    expect(good?.layer.layer.digest, 'never forgets what held last').toBe(this.lastHeld);
  }

  #end(digest: string): void {
    const { revision } = candidateOf(digest).layer;
    if (isBad(digest)) {
      this.journal = afterFailed(this.journal, revision, 'it is bad');
      this.failed = this.lastHeld === undefined ? undefined : this.#identity();
      return;
    }
    this.journal = afterHeld(this.journal, revision);
    if (digest === this.offered && this.isAccepted) {
      if (digest !== this.lastHeld) this.failed = undefined;
      this.lastHeld = digest;
    }
  }

  #identity(): string {
    return `${this.offered} ${this.generation} ${this.request}`;
  }

  take(step: Step): void {
    switch (step.kind) {
      case 'publish':
        if (step.digest !== this.offered) this.failed = undefined;
        this.offered = step.digest;
        return;
      case 'revoke':
      case 'accept':
        this.isAccepted = step.kind === 'accept';
        return;
      case 'spec':
        this.generation += 1;
        return;
      case 'ask':
        this.request += 1;
        return;
      default:
        this.run(step.kind === 'run');
    }
  }
}

describe('the journal of a delivery', () => {
  it('leads to what is offered or back to what held last, whatever happens and wherever it is cut off', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const model = new Model();
        for (const step of sequence) model.take(step);
        for (let run = 0; run < 3; run += 1) model.run(true);
        const settled = model.applied;
        const before = model.journal;
        const isHeld = settled === undefined || !isBad(settled) || model.lastHeld === undefined;
        if (model.isAccepted) expect(isHeld, 'what is in force held').toBe(true);
        for (let run = 0; run < 5; run += 1) {
          model.run(true);
          expect(model.applied, 'never flaps').toBe(settled);
        }
        expect(model.journal).toEqual(before);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes a tag that was moved to what failed for the same', () => {
    const good = candidateOf('a');
    const bad = candidateOf('B');
    const offer = { source, candidate: bad, generation: 1, request: undefined };
    const course = courseOf({ good }, offer);
    if (course.kind === 'wait') throw new Error('expected a course');
    const failed = afterFailed(course.journal, bad.layer.revision, 'bad');
    const renamed = { ...bad, layer: { ...bad.layer, revision: 'v2@B' } };
    expect(courseOf(failed, { ...offer, candidate: renamed })).toMatchObject({ kind: 'back' });
  });

  it('takes a late word about what failed for no news', () => {
    const [good, bad] = [candidateOf('a'), candidateOf('B')];
    const course = courseOf({ good }, { source, candidate: bad, generation: 1, request: undefined });
    if (course.kind === 'wait') throw new Error('expected a course');
    const returning = afterFailed(course.journal, bad.layer.revision, 'bad');
    const returned = afterHeld(returning, good.layer.revision);
    for (const journal of [returning, returned])
      expect(afterFailed(journal, bad.layer.revision, 'worse')).toBe(journal);
  });

  it('does not go back to a revision of another source', () => {
    const good = candidateOf('a');
    const other = { namespace: 'edge', name: 'other' };
    const bad = { ...candidateOf('B'), source: other };
    const course = courseOf({ good }, { source: other, candidate: bad, generation: 1, request: undefined });
    if (course.kind === 'wait') throw new Error('expected a course');
    expect(afterFailed(course.journal, bad.layer.revision, 'bad')).toBe(course.journal);
  });
});
