import { describe, expect, it } from 'vitest';
import { configMap } from '../../test/fixtures/objects.ts';
import { us } from '../../test/fixtures/plan-one.ts';
import { refOf } from '../core/index.ts';
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
});
