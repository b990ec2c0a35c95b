import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  checkedConfiguration,
  followConfiguration,
  parseConfiguration,
  readConfiguration,
  readStillConfiguration,
} from '../../src/site/index.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { deliveryYaml, sourceYaml } from '../fakes/site.ts';

/** A busy machine takes its time. */
const patience = { timeout: 10_000 };

let root: string;
let told: string[];
let stop: AbortController;
/** Behind that of the disk, so that everything there is young. */
let clock: FakeClock;
let following: Promise<void>;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sealift-follow-'));
  told = [];
  stop = new AbortController();
  clock = new FakeClock();
});

afterEach(async () => {
  stop.abort();
  await following;
  rmSync(root, { recursive: true });
});

const at = (...names: readonly string[]): string => join(root, ...names);
const withDeliveries = (...names: readonly string[]): string =>
  sourceYaml('app') + names.map((name) => deliveryYaml(name, 'app')).join('');

async function load(path: string): Promise<ReturnType<typeof parseConfiguration>> {
  return parseConfiguration(await readConfiguration(path));
}

/** Finds fault with deliveries of this name. */
const check: Parameters<typeof checkedConfiguration>[1] = async ({ deliveries }) =>
  deliveries
    .filter(({ metadata }) => metadata.name === 'faulty')
    .map((object) => ({ object, path: ['spec', 'prune'], detail: 'expected another' }));

/** Follows, with what was read a while ago taken as in force. */
async function follow(path: string, before = load(path)): Promise<void> {
  following = followConfiguration(
    { path, check, clock },
    await before,
    (news) => {
      told.push(news.kind === 'loaded' ? `${news.desired.deliveries.length} deliveries` : news.error.code);
    },
    stop.signal,
  );
}

/** Lets time pass until that was told. */
function expectTold(...expected: readonly string[]): Promise<void> {
  return vi.waitFor(async () => {
    await clock.advance(5_000);
    expect(told).toEqual(expected);
  }, patience);
}

/** Lets a look find what is there, and wait whether it stays. */
const seen = (): Promise<void> => vi.waitFor(() => expect(clock.sleeping).not.toEqual([]), patience);

describe('followConfiguration', () => {
  it('takes no half of a configuration that is being written, also when it says something by itself', async () => {
    writeFileSync(at('site.yaml'), withDeliveries('a', 'b', 'c'));
    await follow(root);
    writeFileSync(at('site.yaml'), withDeliveries('a'));
    await seen();
    await clock.advance(4_999);
    writeFileSync(at('site.yaml'), withDeliveries('a', 'b'));
    await clock.advance(1);
    await seen();
    expect([told, clock.sleeping]).toEqual([[], [5_000]]);
    writeFileSync(at('site.yaml'), withDeliveries('a', 'b', 'c', 'd'));
    await expectTold('4 deliveries');
  });

  it('tells nothing of a configuration that was short for a moment', async () => {
    writeFileSync(at('site.yaml'), withDeliveries('a', 'b'));
    await follow(root);
    writeFileSync(at('site.yaml'), withDeliveries('a'));
    await seen();
    writeFileSync(at('site.yaml'), withDeliveries('a', 'b'));
    for (let turn = 0; turn < 5; turn += 1) await clock.advance(5_000);
    expect(told).toEqual([]);
  });

  it('tells a change, and nothing for a file that says what it said', async () => {
    writeFileSync(at('site.yaml'), withDeliveries('a'));
    await follow(root);
    writeFileSync(at('site.yaml'), `# a comment\n${withDeliveries('a')}`);
    await seen();
    await clock.advance(5_000);
    expect(told).toEqual([]);
    writeFileSync(at('site.yaml'), withDeliveries('a', 'b'));
    await expectTold('2 deliveries');
  });

  it('parses no files again that are known, until they change', async () => {
    writeFileSync(at('site.yaml'), withDeliveries('a'));
    const checked: number[] = [];
    const counting: typeof check = async (desired) => {
      checked.push(desired.deliveries.length);
      return [];
    };
    const reading = { clock, stillMs: Number.NEGATIVE_INFINITY };
    const { files, fingerprint } = await readStillConfiguration(root, reading, stop.signal);
    following = followConfiguration(
      { path: root, check: counting, clock, fingerprint },
      parseConfiguration(files),
      () => undefined,
      stop.signal,
    );
    // A first look that took them for new would see by now that they stand still.
    for (let turn = 0; turn < 30; turn += 1) {
      await sleep(10);
      await clock.advance(5_000);
    }
    expect(checked).toEqual([]);
    writeFileSync(at('site.yaml'), withDeliveries('a', 'b'));
    await vi.waitFor(async () => {
      await clock.advance(5_000);
      expect(checked.at(-1)).toBe(2);
    }, patience);
    expect(checked).toEqual([2]);
  });

  it('tells what changed before the watch held', async () => {
    writeFileSync(at('site.yaml'), withDeliveries('a'));
    const before = load(root);
    await before;
    writeFileSync(at('site.yaml'), withDeliveries('a', 'b'));
    await follow(root, before);
    await expectTold('2 deliveries');
  });

  it('tells a fault once, and that it is gone', async () => {
    writeFileSync(at('site.yaml'), withDeliveries('a'));
    await follow(root);
    writeFileSync(at('site.yaml'), 'kind: Pod\n');
    await expectTold('CONFIG_INVALID');
    writeFileSync(at('site.yaml'), withDeliveries('a'));
    await expectTold('CONFIG_INVALID', '1 deliveries');
  });

  it('sees a mounted ConfigMap change, as a directory and as one file of it', async () => {
    for (const version of ['v1', 'v2']) mkdirSync(at(`..${version}`));
    writeFileSync(at('..v1', 'site.yaml'), withDeliveries('a'));
    writeFileSync(at('..v2', 'site.yaml'), withDeliveries('a', 'b'));
    symlinkSync('..v1', at('..data'));
    symlinkSync('..data/site.yaml', at('site.yaml'));
    await follow(at('site.yaml'));
    await new Promise((resolve) => setTimeout(resolve, 200));
    symlinkSync('..v2', at('..data_tmp'));
    renameSync(at('..data_tmp'), at('..data'));
    await expectTold('2 deliveries');
  });

  it('refuses what the check finds, at its place, and takes nothing of it', async () => {
    writeFileSync(at('site.yaml'), withDeliveries('a'));
    await follow(at('site.yaml'));
    writeFileSync(at('site.yaml'), withDeliveries('a', 'faulty'));
    await expectTold('CONFIG_INVALID');
    await expect(checkedConfiguration(await readConfiguration(at('site.yaml')), check)).rejects.toThrow(
      /^.*site\.yaml:\d+:\d+: spec\.prune: expected another$/,
    );
  });
});
