import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { HealthSite, type Said, widget } from '../../../test/fixtures/health-site.ts';
import { refOf } from '../../core/index.ts';

const second = 1_000;
const minute = 60 * second;
const agent = forEachTest(new HealthSite());

describe('whatever happens, in whatever order', () => {
  type Name = 'a' | 'b';
  type Newest = Map<Name, Said>;
  type Step = (newest: Newest) => Promise<void> | void;

  const name = fc.constantFrom<Name>('a', 'b');
  const word = fc.constantFrom<Said>('ready', 'busy', 'stalled');
  const sayWord = (object: Name, word: Said, newest: Newest): void => {
    newest.set(object, word);
    agent.says(widget(object), word);
  };
  const steps: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(name, word).map(
        ([one, said]) =>
          (newest: Newest) =>
            sayWord(one, said, newest),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.integer({ min: 1, max: 2 * minute }).map((ms) => () => agent.clock.advance(ms)),
    },
    fc.nat().map((next) => () => {
      agent.registry.revision = `v${next}`;
    }),
    name.map((one) => (newest: Newest) => {
      agent.target.edit(refOf(widget(one)), undefined);
      sayWord(one, 'busy', newest);
    }),
    fc.constant(async () => void (await agent.start())),
  );

  it('is never ready while an object is not, and ready when all are', async () => {
    const property = fc.asyncProperty(fc.array(steps, { maxLength: 12 }), async (story) => {
      agent.begin();
      const newest: Newest = new Map();
      for (const one of ['a', 'b'] as const) sayWord(one, 'busy', newest);
      await agent.start();
      for (const step of story) {
        await step(newest);
        await agent.settle();
        const words = [...newest.values()];
        expect(agent.readiness() === 'True').toBe(words.every((said) => said === 'ready'));
        if (words.includes('stalled')) expect(agent.readiness()).toBe('False');
      }
      await agent.pass(3 * minute);
      const isReady = [...newest.values()].every((said) => said === 'ready');
      expect(agent.readiness()).toBe(isReady ? 'True' : 'False');
      await agent.end();
      expect(agent.clock.sleeping).toEqual([]);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});
