import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LayoutIndex } from '../layout-index.ts';
import { IndexFile } from './index-file.ts';

let directory: string;
let file: IndexFile;
const lock = (): string => join(directory, 'lock');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'index-file-'));
  const paths = { index: join(directory, 'index.json'), lock: lock(), incoming: join(directory, 'incoming') };
  file = new IndexFile(paths, { waitMs: 1_000, staleMs: 200 });
  await file.create();
});

afterEach(async () => rm(directory, { recursive: true }));

const note = (index: LayoutIndex, key: string): LayoutIndex => ({
  ...index,
  annotations: { ...index.annotations, [key]: 'done' },
});

it('starts a change again when another process took the lock for left behind', async () => {
  let attempts = 0;
  await file.update(async (index) => {
    attempts += 1;
    if (attempts === 1) {
      await rm(lock());
      await writeFile(lock(), JSON.stringify({ token: 'other', pid: 1, place: 'elsewhere' }));
      await utimes(lock(), 0, 0);
    }
    return { index: note(index, `attempt ${attempts}`) };
  });
  expect(attempts).toBe(2);
  expect((await file.read()).annotations).toEqual({ 'attempt 2': 'done' });
});

it('gives up when it loses the lock again and again, and changes nothing', async () => {
  const lose = async (index: LayoutIndex): Promise<{ index: LayoutIndex }> => {
    await rm(lock(), { force: true });
    return { index: note(index, 'lost') };
  };
  await expect(file.update(lose)).rejects.toMatchObject({ code: 'timeout' });
  expect((await file.read()).annotations).toBeUndefined();
});

it('takes over a lock that its owner did not live to sign', async () => {
  await writeFile(lock(), '');
  await utimes(lock(), new Date(Date.now() - 3_000), new Date(Date.now() - 3_000));
  await file.update(async (index) => ({ index: note(index, 'done') }));
  expect((await file.read()).annotations).toEqual({ done: 'done' });
});

it('leaves the index as it was when a change fails, and lets the next one in', async () => {
  await expect(
    file.update(async () => {
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await file.update(async (index) => ({ index: note(index, 'next') }));
  expect((await file.read()).annotations).toEqual({ next: 'done' });
});

it('stops waiting for its turn when the signal fires, and those behind it get theirs', async () => {
  const held = Promise.withResolvers<void>();
  const first = file.update(async (index) => {
    await held.promise;
    return { index: note(index, 'first') };
  });
  const given = new AbortController();
  const second = file.update(async (index) => ({ index: note(index, 'second') }), given.signal);
  const third = file.update(async (index) => ({ index: note(index, 'third') }));
  given.abort(new Error('given up'));
  await expect(second).rejects.toThrow('given up');
  held.resolve();
  await Promise.all([first, third]);
  expect((await file.read()).annotations).toEqual({ first: 'done', third: 'done' });
});

it('stops waiting for the lock when the signal fires', async () => {
  await writeFile(lock(), JSON.stringify({ token: 'other', pid: 1, place: 'elsewhere' }));
  const signal = AbortSignal.timeout(20);
  await expect(file.update(async (index) => ({ index }), signal)).rejects.toThrow();
});

describe('changes that come together', () => {
  const content = (): Promise<string> => readFile(join(directory, 'index.json'), 'utf8');
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

  it('are one replacement of the file, and those of later another one', async () => {
    const seen = new Set<string>();
    const make = (key: string): Promise<void> =>
      file.update(async (index) => {
        seen.add(await content());
        return { index: note(index, key) };
      });
    await Promise.all(keys.map(make));
    expect(seen.size).toBe(1);
    await make('k');
    expect(seen.size).toBe(2);
    expect(Object.keys((await file.read()).annotations ?? {})).toEqual([...keys, 'k']);
  });

  it('fail one by one, and leave nothing behind', async () => {
    const made = await Promise.allSettled(
      keys.map((key) =>
        file.update(async (index) => {
          if (key > 'h') throw new Error(key);
          return { index: note(index, key) };
        }),
      ),
    );
    expect(made.map(({ status }) => status)).toEqual([...Array(8).fill('fulfilled'), 'rejected', 'rejected']);
    expect(Object.keys((await file.read()).annotations ?? {})).toEqual(keys.slice(0, 8));
  });

  it('wait for what one of them does with the index in place', async () => {
    const told: string[] = [];
    const after = async (): Promise<void> => {
      told.push(`after ${Object.keys(JSON.parse(await content()).annotations)}`);
    };
    const make = (key: string): Promise<void> =>
      file.update(async (index) => {
        told.push(key);
        return { index: note(index, key), ...(key === 'b' ? { after } : {}) };
      });
    await Promise.all(['a', 'b', 'c'].map(make));
    expect(told).toEqual(['a', 'b', 'after a,b', 'c']);
  });

  it('fail together where the file cannot be replaced', async () => {
    await rm(join(directory, 'incoming'), { recursive: true });
    await writeFile(join(directory, 'incoming'), '');
    const made = await Promise.allSettled(
      keys.map((key) => file.update(async (index) => ({ index: note(index, key) }))),
    );
    expect(new Set(made.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect((await file.read()).annotations).toBeUndefined();
  });

  it('get their turn though whoever came later gave up, and another process died with the lock', async () => {
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const after = async (): Promise<void> => {
      await writeFile(lock(), JSON.stringify({ token: 'other', pid: 1, place: 'elsewhere' }));
      await utimes(lock(), 0, 0);
    };
    const first = file.update(async (index) => {
      begun.resolve();
      await held.promise;
      return { index: note(index, 'first'), after };
    });
    const second = file.update(async (index) => ({ index: note(index, 'second') }));
    await begun.promise;
    const given = new AbortController();
    const third = file.update(async (index) => ({ index: note(index, 'third') }), given.signal);
    given.abort(new Error('given up'));
    await expect(third).rejects.toThrow('given up');
    held.resolve();
    await Promise.all([first, second]);
    expect(Object.keys((await file.read()).annotations ?? {})).toEqual(['first', 'second']);
  });

  it('fail together where the lock cannot be given back', async () => {
    const make = (key: string): Promise<void> =>
      file.update(async (index) => {
        const after = async (): Promise<void> => {
          await rm(lock());
          await mkdir(lock());
        };
        return { index: note(index, key), ...(key === 'b' ? { after } : {}) };
      });
    const made = await Promise.allSettled(['a', 'b'].map(make));
    expect(made.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await rm(lock(), { recursive: true });
    await make('c');
    expect(Object.keys((await file.read()).annotations ?? {})).toEqual(['a', 'b', 'c']);
  });
});
