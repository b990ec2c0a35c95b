import { expect, it } from 'vitest';
import { describeReplay } from './replay.ts';

describeReplay(
  'recorded scenario 14: one object in two deliveries',
  { number: '14', namespace: 'own' },
  (of) => {
    const uidOf = (name: string): Promise<string> =>
      of().kubectl('get', `configmap/${name}`, '--output=jsonpath={.metadata.uid}');

    it('surprise 13: an object has one owner, and the other delivery says so', async () => {
      const replay = of();
      await replay.push('v1');
      replay.apply('source.yaml');
      replay.apply('a.yaml');
      await replay.succeeds('a');
      replay.apply('b.yaml');
      await replay.arrives('both');
      await replay.run('a');
      await replay.run('b');
      await replay.arrives('ping-pong');
    });

    it('surprise 12: an object that moves is handed over, never deleted and made again', async () => {
      const replay = of();
      const [moved, shared] = [await uidOf('moved'), await uidOf('shared')];
      await replay.push('v2');
      await replay.poll();
      await replay.arrives('moved');
      expect([await uidOf('moved'), await uidOf('shared')]).toEqual([moved, shared]);
    });

    it('surprise 12: nor when the one that takes it over is suspended meanwhile', async () => {
      const replay = of();
      replay.site.suspend('b');
      await replay.push('v1');
      await replay.poll();
      await replay.run('a');
      const moved = await uidOf('moved');
      await replay.push('v2');
      await replay.poll();
      await replay.arrives('moved-by-a-first');
      replay.apply('b.yaml');
      await replay.arrives();
      expect(await uidOf('moved')).toBe(moved);
    });
  },
);
