import { describe, expect, it } from 'vitest';
import { Quiet } from './quiet.ts';

/** An act that ends when it is told to, and notes when it begins and ends. */
function actOf(log: string[], name: string): { readonly act: () => Promise<void>; readonly end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    act: async () => {
      log.push(`${name} begins`);
      await promise;
      log.push(`${name} ends`);
    },
    end: resolve,
  };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

describe('Quiet', () => {
  it('lets things happen beside each other', async () => {
    const quiet = new Quiet();
    const log: string[] = [];
    const [one, two] = [actOf(log, 'one'), actOf(log, 'two')];
    const all = Promise.all([quiet.beside(one.act), quiet.beside(two.act)]);
    await turns();
    expect(log).toEqual(['one begins', 'two begins']);
    one.end();
    two.end();
    await all;
  });

  it('lets one thing happen alone: what comes meanwhile comes later', async () => {
    const quiet = new Quiet();
    const log: string[] = [];
    const [tidy, late] = [actOf(log, 'tidy'), actOf(log, 'late')];
    const all = Promise.all([quiet.alone(tidy.act), quiet.beside(late.act)]);
    await turns();
    expect(log).toEqual(['tidy begins']);
    expect(quiet.alone(tidy.act)).toBeUndefined();
    tidy.end();
    late.end();
    await all;
    expect(log).toEqual(['tidy begins', 'tidy ends', 'late begins', 'late ends']);
  });

  it('lets nothing happen alone while something is under way, which holds back nobody', async () => {
    const quiet = new Quiet();
    const log: string[] = [];
    const [build, tidy, late] = [actOf(log, 'build'), actOf(log, 'tidy'), actOf(log, 'late')];
    const building = quiet.beside(build.act);
    await turns();
    expect(quiet.alone(tidy.act)).toBeUndefined();
    const following = quiet.beside(late.act);
    await turns();
    expect(log).toEqual(['build begins', 'late begins']);
    build.end();
    late.end();
    await Promise.all([building, following]);
    tidy.end();
    await quiet.alone(tidy.act);
    expect(log.slice(-2)).toEqual(['tidy begins', 'tidy ends']);
  });

  it('goes on after a failure', async () => {
    const quiet = new Quiet();
    const fail = async (): Promise<never> => {
      throw new Error('full disk');
    };
    await expect(quiet.alone(fail)).rejects.toThrow('full disk');
    await expect(quiet.beside(fail)).rejects.toThrow('full disk');
    expect(await quiet.alone(async () => 'done')).toBe('done');
  });
});
