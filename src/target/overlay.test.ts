import { describe, expect, it } from 'vitest';
import { configMap } from '../../test/fixtures/objects.ts';
import { us } from '../../test/fixtures/plan-one.ts';
import { refOf, SealiftError, type Target, type TrialVerdict } from '../core/index.ts';
import { createMemoryTarget, createOverlayTarget } from './index.ts';

const signal = new AbortController().signal;
const before = configMap('one', { owner: us });
const after = configMap('one', { owner: us, data: { key: 'other' } });
const ref = refOf(before);

describe('a target over another one', () => {
  it('shows what is there, and what would be there once it was written, and leaves the other one alone', async () => {
    const under = createMemoryTarget();
    await under.write(before, { recreate: false }, signal);
    const text = under.text(ref);
    const over = createOverlayTarget(under);
    expect(await over.observe(ref, before, signal)).toMatchObject({ kind: 'present', matches: true });
    await over.write(after, { recreate: true }, signal);
    expect(await over.observe(ref, after, signal)).toMatchObject({ owner: us, matches: true, live: after });
    expect(await over.observe(ref, before, signal)).toMatchObject({ owner: us, matches: false });
    await over.remove(ref, signal);
    expect(await over.observe(ref, undefined, signal)).toEqual({ kind: 'absent' });
    expect(under.text(ref)).toBe(text);
  });

  it('does nothing once the signal has aborted', async () => {
    const over = createOverlayTarget(createMemoryTarget());
    const aborted = AbortSignal.abort(new Error('shutdown'));
    await expect(over.write(before, { recreate: false }, aborted)).rejects.toThrow('shutdown');
    expect(await over.observe(ref, before, signal)).toEqual({ kind: 'absent' });
  });

  describe('tries', () => {
    const keep = { recreate: false };
    const refused: TrialVerdict = {
      kind: 'refused',
      error: new SealiftError('TARGET_INVALID', 'ConfigMap/shop/one', 'spec: too large'),
    };
    const judged = (verdict: TrialVerdict) => {
      const asked: string[] = [];
      const under: Target = {
        ...createMemoryTarget(),
        description: 'judge',
        trials: {
          verdictOn: async ({ metadata }) => {
            asked.push(metadata.name);
            return verdict;
          },
        },
      };
      return { over: createOverlayTarget(under), asked };
    };

    it('each object once, as the other one does, and takes nothing that is refused', async () => {
      const { over, asked } = judged(refused);
      expect(await over.trials?.verdictOn(before, keep, signal)).toBe(refused);
      expect(await over.trials?.verdictOn(before, keep, signal)).toBe(refused);
      expect(asked).toEqual(['one']);
      await expect(over.write(before, keep, signal)).rejects.toThrow('too large');
    });

    it('nothing of a group whose definition is not below', async () => {
      const { over, asked } = judged(refused);
      const definition = {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'gadgets.example.com' },
        spec: { group: 'example.com' },
      };
      await over.write(definition, keep, signal);
      const gadget = {
        apiVersion: 'example.com/v1',
        kind: 'Gadget',
        metadata: { name: 'g', namespace: 'shop' },
      };
      expect(await over.trials?.verdictOn(gadget, keep, signal)).toEqual({ kind: 'undecided' });
      expect(asked).toEqual([]);
    });

    it('nothing where the other one judges nothing', async () => {
      const over = createOverlayTarget(createMemoryTarget());
      expect(await over.trials?.verdictOn(before, keep, signal)).toEqual({ kind: 'undecided' });
    });
  });
});
