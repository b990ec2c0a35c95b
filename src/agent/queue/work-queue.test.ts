import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { WorkQueue } from './work-queue.ts';

interface Bench {
  readonly clock: FakeClock;
  readonly queue: WorkQueue;
  /** Keys in the order in which they began. */
  readonly began: string[];
  /** Ends the oldest run of a key; it comes again after `nextMs`. */
  end(key: string, nextMs?: number): Promise<void>;
}

function bench(concurrency = 2, perLane?: number, laned?: number): Bench {
  const clock = new FakeClock();
  const began: string[] = [];
  const open: { key: string; resolve: (next: number | undefined) => void }[] = [];
  const work = (key: string): Promise<number | undefined> => {
    began.push(key);
    return new Promise((resolve) => open.push({ key, resolve }));
  };
  const lanes = {
    ...(perLane === undefined ? {} : { perLane }),
    ...(laned === undefined ? {} : { laned }),
  };
  const queue = new WorkQueue({ clock, concurrency, work, ...lanes });
  const end = async (key: string, nextMs?: number): Promise<void> => {
    const at = open.findIndex((run) => run.key === key);
    open.splice(at, 1)[0]?.resolve(nextMs);
    await settle();
  };
  return { clock, queue, began, end };
}

describe('WorkQueue', () => {
  it('runs no more at once than it may', async () => {
    const { queue, began, end } = bench(2);
    for (const key of ['a', 'b', 'c']) queue.add(key);
    expect(began).toEqual(['a', 'b']);
    await end('a');
    expect(began).toEqual(['a', 'b', 'c']);
  });

  it('runs no more of one lane than it may, and others meanwhile', async () => {
    const { queue, began, end } = bench(3, 2);
    for (const key of ['a1', 'a2', 'a3', 'a4']) queue.add(key, 0, 'a');
    queue.add('b1', 0, 'b');
    queue.add('none');
    expect(began).toEqual(['a1', 'a2', 'b1']);
    await end('b1');
    expect(began).toEqual(['a1', 'a2', 'b1', 'none']);
    await end('none');
    await end('a1');
    expect(began).toEqual(['a1', 'a2', 'b1', 'none', 'a3']);
  });

  it('keeps places for work without a lane, however much there is in lanes, and the other way round', async () => {
    const { queue, began, end } = bench(1, 2, 3);
    for (const key of ['a1', 'a2', 'a3']) queue.add(key, 0, 'a');
    for (const key of ['b1', 'b2']) queue.add(key, 0, 'b');
    for (const key of ['none1', 'none2']) queue.add(key, 0, '');
    expect(began).toEqual(['a1', 'a2', 'b1', 'none1']);
    await end('a1');
    expect(began).toEqual(['a1', 'a2', 'b1', 'none1', 'a3']);
    await end('none1');
    expect(began).toEqual(['a1', 'a2', 'b1', 'none1', 'a3', 'none2']);
    queue.add('a2', 1000, '');
    await end('a2');
    expect(began).toEqual(['a1', 'a2', 'b1', 'none1', 'a3', 'none2', 'b2']);
  });

  it('keeps the lane of work that comes again, and changes it when told', async () => {
    const { clock, queue, began, end } = bench(3, 1);
    queue.add('a1', 0, 'a');
    await end('a1', 1000);
    queue.add('a2', 0, 'a');
    await clock.advance(1000);
    expect(began).toEqual(['a1', 'a2']);
    queue.add('a1', 0, 'b');
    queue.add('c', 0, 'b');
    expect(began).toEqual(['a1', 'a2', 'a1']);
    await end('a2');
    await end('a1');
    expect(began).toEqual(['a1', 'a2', 'a1', 'c']);
  });

  it('runs a key once more when it was asked for while it ran, however often', async () => {
    const { queue, began, end } = bench();
    queue.add('a');
    queue.add('a');
    queue.add('a');
    await end('a', 1000);
    expect(began).toEqual(['a', 'a']);
    await end('a');
    expect(began).toEqual(['a', 'a']);
  });

  it('comes again when the work says so', async () => {
    const { clock, queue, began, end } = bench();
    queue.add('a');
    await end('a', 5000);
    await clock.advance(4999);
    expect(began).toEqual(['a']);
    await clock.advance(1);
    expect(began).toEqual(['a', 'a']);
  });

  it('lets an earlier time win over a later one, and leaves one timer', async () => {
    const { clock, queue, began } = bench();
    queue.add('a', 5000);
    queue.add('a', 1000);
    queue.add('a', 9000);
    expect(clock.sleeping).toEqual([1000]);
    await clock.advance(10_000);
    expect(began).toEqual(['a']);
  });

  it('has one timer for all keys, and runs them in the order of their times', async () => {
    const { clock, queue, began } = bench(9);
    for (const [key, delayMs] of Object.entries({ c: 3000, a: 1000, b: 2000, b2: 2000 }))
      queue.add(key, delayMs);
    expect(clock.sleeping).toEqual([1000]);
    queue.add('b', 500);
    expect(clock.sleeping).toEqual([500]);
    await clock.advance(1000);
    expect([began, clock.sleeping]).toEqual([['b', 'a'], [1000]]);
    await clock.advance(2000);
    expect([began, clock.sleeping]).toEqual([['b', 'a', 'b2', 'c'], []]);
  });

  it('leaves no timer when it is closed, and is idle when the last run has ended', async () => {
    const { clock, queue, end } = bench();
    queue.add('a');
    queue.add('b', 1000);
    queue.close();
    expect(clock.sleeping).toEqual([]);
    let idle = false;
    const waiting = queue.idle().then(() => {
      idle = true;
    });
    await settle();
    expect(idle).toBe(false);
    await end('a', 10);
    await waiting;
    expect(clock.sleeping).toEqual([]);
  });

  it('does not run a key twice at the same time when it was queued behind others', async () => {
    const { queue, began, end } = bench(1);
    queue.add('a');
    queue.add('b');
    queue.add('b');
    await end('a');
    await end('b');
    expect(began).toEqual(['a', 'b']);
  });
});
