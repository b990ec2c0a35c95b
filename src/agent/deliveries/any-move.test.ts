import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { forEachTest } from '../../../test/fixtures/agent-site.ts';
import { OwnershipSite } from '../../../test/fixtures/ownership-site.ts';
import type { DesiredState } from '../../api/index.ts';

const minute = 60_000;
const agent = forEachTest(new OwnershipSite());

describe('objects that move, deliveries that come and go', { timeout: 300_000 }, () => {
  const names = ['k', 'l', 'm', 'n'];
  const deliveries = ['a', 'b', 'c'];

  interface Release {
    /** Deliveries in the configuration; all others were taken out of it, or are new in a later one. */
    readonly there: readonly string[];
    /** Who asks for each of the objects, if anybody. */
    readonly owners: readonly (string | undefined)[];
  }

  const releaseOf: fc.Arbitrary<Release> = fc.subarray(deliveries, { minLength: 1 }).chain((there) =>
    fc.record({
      there: fc.constant(there),
      owners: fc.tuple(...names.map(() => fc.constantFrom(...there, undefined))),
    }),
  );

  function siteWith({ there }: Release): DesiredState {
    const movable = there.map((name) =>
      deliveryYaml(name, 'app').replace(
        'namespace: edge}',
        'namespace: edge, annotations: {sealift.dev/allow-prune: "true"}}',
      ),
    );
    return siteOf(sourceYaml('app') + movable.join(''));
  }

  function publish({ owners }: Release, at: number): void {
    for (const one of deliveries) agent.build({ [one]: names.filter((_, place) => owners[place] === one) });
    agent.registry.revision = `v${at}`;
    agent.acts.length = 0;
  }

  /** What was asked for before and after was not deleted in between, and everything has the owner that asks for it. */
  function expectMoved(before: Release | undefined, after: Release): void {
    for (const [place, name] of names.entries()) {
      const stays = before?.owners[place] !== undefined && after.owners[place] !== undefined;
      if (stays) expect(agent.acts).not.toContain(`remove ${name}`);
      expect([name, agent.ownerOf(name)]).toEqual([name, after.owners[place]]);
    }
  }

  it('are never deleted while somebody asks for them, and end with who asks for them, pass by pass', async () => {
    const property = fc.asyncProperty(
      fc.array(releaseOf, { minLength: 2, maxLength: 6 }),
      async (history) => {
        agent.begin();
        for (const [at, one] of history.entries()) {
          publish(one, at);
          await agent.converge(siteWith(one));
          expectMoved(history[at - 1], one);
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it('are never deleted while somebody asks for them, and end with who asks for them, with everything at once', async () => {
    const property = fc.asyncProperty(
      fc.array(releaseOf, { minLength: 2, maxLength: 4 }),
      async (history) => {
        agent.begin();
        for (const [at, one] of history.entries()) {
          publish(one, at);
          if (at === 0) await agent.start(siteWith(one));
          else await agent.replace(siteWith(one));
          await agent.pass(2 * minute);
          // Of a new configuration and an old revision, or the other way round, nothing is known to stay: they come one after the other.
          if (at > 0 && history[at - 1]?.there.join() !== one.there.join()) agent.acts.length = 0;
          expectMoved(history[at - 1], one);
        }
        agent.stop();
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
});
