import { describe, expect, it } from 'vitest';
import { Fuse, fused } from '../../../test/fakes/failing-ports.ts';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { FakePlaces } from '../../../test/fakes/fake-places.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { StateStore } from '../../api/index.ts';
import { refOf } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge } from '../index.ts';

const names = ['a', 'b', 'c'];
const east = 'https://east.test';
const west = 'https://west.test';

const secrets = [east, west]
  .map(
    (server) =>
      `---\napiVersion: v1\nkind: Secret\nmetadata: {name: ${server.slice(8, 12)}, namespace: edge}\nstringData: {value: "${server}"}\n`,
  )
  .join('');

const goingTo = (secret: string) =>
  siteOf(
    sourceYaml('app') +
      secrets +
      deliveryYaml('app', 'app', `  kubeConfig: {secretRef: {name: ${secret}}}\n`),
  );

/** A delivery that is in the east, with an agent that ends at some call. */
class Move {
  readonly places: FakePlaces;
  readonly state: StateStore = createMemoryStateStore();
  readonly #registry = new FakeStages();
  readonly #site = createMemoryTarget();

  constructor() {
    this.places = new FakePlaces(this.#site);
    this.#registry.objects = names.map((name) => configMap(name));
  }

  async pass(secret: string, fuse = new Fuse(undefined)): Promise<boolean> {
    const { places } = this;
    const parts: AgentParts = {
      stages: this.#registry.stages,
      target: this.#site,
      places: {
        server: places.server,
        uidOf: places.uidOf,
        serverOf: (kubeconfig) => places.serverOf(kubeconfig),
        open: (request) => {
          const opened = places.open(request);
          return { ...opened, target: fused(opened.target, fuse) };
        },
      },
      state: this.state,
      clock: new FakeClock(),
      random: { next: () => 0.5 },
      withdrawAll: true,
      listener: () => undefined,
    };
    const { failures } = await converge(parts, goingTo(secret), new AbortController().signal);
    return failures.length === 0;
  }

  held(server: string): readonly string[] {
    const cluster = this.places.cluster(server);
    return names.filter((name) => cluster.text(refOf(configMap(name))) !== undefined);
  }
}

describe('a move to another cluster that is cut off', () => {
  it.each([
    ['before', false],
    ['after', true],
  ])(
    '%s any act on either of them has taken nothing away too early, and leaves nothing behind',
    async (_, effect) => {
      let cuts = 0;
      for (let isWhole = false; !isWhole; cuts += 1) {
        const move = new Move();
        await move.pass('east');
        isWhole = await move.pass('west', new Fuse({ at: cuts, kind: 'crash', effect }));
        const [there, here] = [move.held(east), move.held(west)];
        if (there.length < names.length) expect(here).toEqual(names);
        await move.pass('west');
        expect([move.held(east), move.held(west)], `cut ${cuts}`).toEqual([[], names]);
        expect(move.state.deliveries.find('edge', 'app')?.former).toBeUndefined();
      }
      expect(cuts).toBeGreaterThan(2 * names.length);
    },
  );

  it('and turns back leaves nothing behind either', async () => {
    for (let at = 0; at < 12; at += 1) {
      const move = new Move();
      await move.pass('east');
      await move.pass('west', new Fuse({ at, kind: 'crash', effect: true }));
      await move.pass('east');
      expect([move.held(east), move.held(west)], `cut ${at}`).toEqual([names, []]);
    }
  });
});
