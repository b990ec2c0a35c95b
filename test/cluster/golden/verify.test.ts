import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import {
  bundleStyle,
  cosignKeys,
  cosignSign,
  legacyTagStyle,
  type SigningStyle,
} from '../../interop/harness/cosign-styles.ts';
import { describeReplay, type Replay } from './replay.ts';

const scenario = { number: '05', namespace: 'cosig', peers: ['cosign'] } as const;

/** What each repository is signed as. */
const signed = {
  bundle: [bundleStyle],
  legacy: [legacyTagStyle],
  both: [bundleStyle, legacyTagStyle],
  moving: [bundleStyle],
  unsigned: [],
} satisfies Record<string, readonly SigningStyle[]>;

describeReplay('recorded scenario 05: signatures of cosign', scenario, (of) => {
  const later = 'data: {a: unsigned-later}';

  /** The first content of a repository: its own name. */
  const pushFirst = (replay: Replay, name: string): Promise<void> => {
    const cm = replay.recording.text('tree/cm.yaml').replace(later, `data: {a: ${name}}`);
    return replay.push('tree', { repository: `cosig/${name}`, files: { 'cm.yaml': cm } });
  };

  const sign = (replay: Replay, key: string, name: string, style: SigningStyle): Promise<void> => {
    const { workshop, host } = replay.site.registry;
    return cosignSign(workshop, style, { key, reference: `${host}/cosig/${name}:v1` });
  };

  /** Key pairs of our own in place of those of the recordings, of which the private halves were not kept. */
  const exchangeKeys = async ({ recording, site }: Replay): Promise<string> => {
    const { workshop } = site.registry;
    const [good, wrong] = [await cosignKeys(workshop, 'good'), await cosignKeys(workshop, 'wrong')];
    site.translate(recording.text('good.pub'), readFileSync(good.pub, 'utf8'));
    site.translate(recording.text('wrong.pub'), readFileSync(wrong.pub, 'utf8'));
    return good.key;
  };

  it('accepts and refuses what Flux does, and keeps what was signed when what follows is not', async () => {
    const replay = of();
    const key = await exchangeKeys(replay);
    for (const [name, styles] of Object.entries(signed)) {
      await pushFirst(replay, name);
      for (const style of styles) await sign(replay, key, name, style);
    }
    replay.apply('secrets.yaml');
    replay.apply('sources.yaml');
    // All deliver one ConfigMap, which has one owner here.
    replay.apply('kustomizations.yaml', 'of-moving', 'of-unsigned');
    await replay.succeeds('of-moving', 'moving-good');
    replay.apply('kustomizations.yaml', 'of-bundle');
    await replay.arrives('first');

    await replay.push('tree', { repository: 'cosig/moving' });
    await replay.poll('moving-good');
    await replay.run('of-moving');
    await replay.arrives('unsigned-revision');

    await sign(replay, key, 'moving', bundleStyle);
    await replay.poll('moving-good');
    await replay.succeeds('of-moving', 'moving-good');
    await replay.arrives();
  });

  it('surprise 19: another key in the same Secret is another verdict', async () => {
    const replay = of();
    replay.apply('secret-changed.yaml');
    await replay.refuses('moving-good');
  });
});
