import { describe, expect, it } from 'vitest';
import { bad, good, MortalSite } from '../../../test/fixtures/mortal-site.ts';
import { inventoryId } from '../../api/index.ts';
import { refOf, SealiftError } from '../../core/index.ts';

const denied = new SealiftError('TARGET_ADMISSION_DENIED', 'ConfigMap/shop/a', 'denied the request: no');

/** Ways to fail, and what would mend them. */
const ways: readonly [string, (site: MortalSite) => void, (site: MortalSite) => void][] = [
  [
    'an object is refused',
    (site) => void site.refused.set('v2', denied),
    (site) => void site.refused.delete('v2'),
  ],
  ['an object fails', (site) => site.says('c', 'Stalled'), (site) => site.says('c', 'Ready')],
  [
    'an object is not ready in time',
    (site) => site.says('c', 'Reconciling'),
    (site) => site.says('c', 'Ready'),
  ],
  ['it does not build', (site) => void site.trees.delete('v2'), (site) => void site.trees.set('v2', bad)],
];

/** `cuts`: after how many acts the power goes in each life of the agent. Gives whether it went in the last one. */
async function live(
  spoil: (site: MortalSite) => void,
  cuts: readonly number[],
): Promise<[MortalSite, boolean]> {
  const site = new MortalSite();
  site.registry.revision = 'v1';
  await site.start();
  await site.end();
  expect(site.live()).toEqual(['v1', 'v1', undefined, undefined]);
  spoil(site);
  site.registry.revision = 'v2';
  let wasCut = false;
  for (const acts of cuts) {
    await site.start(acts);
    await site.pass(4);
    wasCut = await site.end();
    expect(site.orphans(), `orphans after ${cuts}`).toEqual([]);
    expect(site.record.journal?.good?.layer.revision).toBe('stable@sha256:v1');
  }
  return [site, wasCut];
}

/** It ends on what held, and what failed stays untried, although it would work by now. */
async function endsWell(site: MortalSite, mend: (site: MortalSite) => void, when: string): Promise<void> {
  await site.start();
  await site.pass(4);
  expect(site.live(), when).toEqual(['v1', 'v1', undefined, undefined]);
  expect(site.record, when).toMatchObject({
    journal: { attempt: { stage: 'returned' } },
    status: { lastAppliedRevision: 'stable@sha256:v1', lastAttemptedRevision: 'stable@sha256:v2' },
  });
  const owned = site.record.status.inventory?.entries.map(({ id }) => id);
  expect(owned, when).toEqual(good.map((object) => inventoryId(refOf(object))));
  mend(site);
  site.written = [];
  await site.pass(15);
  await site.end();
  await site.start();
  await site.pass(15);
  await site.end();
  expect(site.written, when).toEqual([]);
  expect(site.live(), when).toEqual(['v1', 'v1', undefined, undefined]);
}

describe.each(ways)('a site whose power goes on the way back, where %s', (_, spoil, mend) => {
  it('ends on what held, after whichever act on disk or target it goes', async () => {
    let cut = 0;
    for (let isCut = true; isCut; cut += 1) {
      const [site, wasCut] = await live(spoil, [cut + 1]);
      isCut = wasCut;
      await endsWell(site, mend, `after ${cut + 1} acts`);
    }
    // A poll, the entry in the journal, the verdict, and the entry that it has returned at the least.
    expect(cut).toBeGreaterThan(4);
  });

  it('and where it goes again at the next start', async () => {
    for (let first = 1; first < 14; first += 4)
      for (let second = 1; second < 6; second += 1) {
        const [site] = await live(spoil, [first, second]);
        await endsWell(site, mend, `after ${first} and ${second} acts`);
      }
  });
});

it('an agent that went back once the entry was on disk never writes what failed again', async () => {
  for (let cut = 1; ; cut += 1) {
    const [site, wasCut] = await live((one) => void one.refused.set('v2', denied), [cut]);
    const { stage = 'trying' } = site.record.journal?.attempt ?? {};
    site.refused.clear();
    site.written = [];
    await site.start();
    await site.pass(4);
    await site.end();
    expect(site.written.includes('v2'), `after ${cut} acts`).toBe(stage === 'trying');
    if (!wasCut) break;
  }
});
