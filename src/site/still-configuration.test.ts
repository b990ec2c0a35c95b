import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../test/fakes/fake-clock.ts';
import { readStillConfiguration } from './index.ts';

const stillMs = 5_000;
const { signal } = new AbortController();

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sealift-still-'));
  writeFileSync(join(root, 'a.yaml'), 'whole');
});

afterEach(() => rmSync(root, { recursive: true }));

/** Set back, so that nothing on the disk ever looks old. */
const behind = (): FakeClock => new FakeClock(0);

/** What was read, in the words of the files; `undefined` while it is waited for. */
function read(clock: FakeClock, known = ''): { texts?: readonly string[]; done: Promise<void> } {
  const outcome: { texts?: readonly string[]; done: Promise<void> } = { done: Promise.resolve() };
  outcome.done = readStillConfiguration(root, { clock, stillMs, known }, signal).then(({ files }) => {
    outcome.texts = files.map(({ text }) => text);
  });
  return outcome;
}

const waits = (clock: FakeClock): Promise<void> =>
  vi.waitFor(() => expect(clock.sleeping).toEqual([stillMs]), { timeout: 10_000 });

describe('readStillConfiguration', () => {
  it('takes at once what has not changed for long', async () => {
    const clock = new FakeClock(Date.now() + 2 * stillMs);
    const reading = read(clock);
    await reading.done;
    expect([reading.texts, clock.sleeping]).toEqual([['whole'], []]);
  });

  it('takes what is young once it is the same after a while', async () => {
    const clock = behind();
    const reading = read(clock);
    await waits(clock);
    expect(reading.texts).toBeUndefined();
    await clock.advance(stillMs);
    await reading.done;
    expect(reading.texts).toEqual(['whole']);
  });

  it('reads on while it changes', async () => {
    const clock = behind();
    writeFileSync(join(root, 'a.yaml'), 'ha');
    const reading = read(clock);
    for (const text of ['half', 'whole']) {
      await waits(clock);
      writeFileSync(join(root, 'a.yaml'), text);
      await clock.advance(stillMs);
    }
    await waits(clock);
    expect(reading.texts).toBeUndefined();
    await clock.advance(stillMs);
    await reading.done;
    expect(reading.texts).toEqual(['whole']);
  });

  it.each<[string, () => void]>([
    ['a file that was taken away', () => rmSync(join(root, 'b', 'b.yaml'))],
    ['an old file that was moved in', () => renameSync(join(root, '.old'), join(root, 'b', 'c.yaml'))],
  ])('sees that a directory is young by %s', async (_what, change) => {
    mkdirSync(join(root, 'b'));
    for (const name of ['.old', 'b/b.yaml', 'b/d.yaml']) writeFileSync(join(root, name), name);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
    change();
    const clock = new FakeClock(before + stillMs);
    const reading = read(clock);
    await waits(clock);
    await clock.advance(stillMs);
    await reading.done;
    expect(reading.texts).toContain('b/d.yaml');
  });

  it('fails at once where there is nothing to read, and ends with its signal', async () => {
    const clock = behind();
    const missing = readStillConfiguration(join(root, 'none'), { clock, stillMs }, signal);
    await expect(missing).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const stop = new AbortController();
    const waiting = readStillConfiguration(root, { clock, stillMs }, stop.signal);
    const ended = expect(waiting).rejects.toThrow('enough');
    await waits(clock);
    stop.abort(new Error('enough'));
    await ended;
    expect(clock.sleeping).toEqual([]);
  });
});
