import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readStateStore } from '../../src/site/index.ts';
import { SettableClock } from '../fakes/settable-clock.ts';
import { configMapYaml, deliveredFile, type SiteBench, startSiteBench } from './harness/site-bench.ts';

const hour = 60 * 60_000;
const start = Date.parse('2026-06-01T00:00:00Z');

let bench: SiteBench;
let clock: SettableClock;

beforeEach(async () => {
  bench = await startSiteBench();
  clock = new SettableClock(start);
  bench.clock = clock;
});

afterEach(() => bench.close());

/** The site takes ascending revisions alone, and its delivery may go back. */
async function follow(order: string, spec: object = {}, policy: object = {}): Promise<void> {
  await bench.configure({ ...spec }, { freshness: { order }, ...policy });
  const text = await readFile(bench.configuration, 'utf8');
  const annotated = text.replace(
    /(kind: Kustomization\nmetadata:\n)/,
    '$1  annotations: {sealift.dev/rollback: enabled}\n',
  );
  expect(annotated).not.toBe(text);
  await writeFile(bench.configuration, annotated);
}

interface Release {
  readonly value: string;
  readonly tag?: string;
  readonly sequence?: number;
  readonly expires?: number;
  readonly isBroken?: boolean;
}

function publish({
  value,
  tag = 'stable',
  sequence,
  expires,
  isBroken = false,
}: Release): Promise<Descriptor> {
  const files = { 'app.yaml': configMapYaml('app', value) };
  return bench.push(isBroken ? { ...files, 'z.yaml': `${value}: [` } : files, {
    by: bench.trusted,
    tag,
    annotations: sequence === undefined ? {} : { 'dev.sealift.sequence': String(sequence) },
    signed: expires === undefined ? {} : { 'dev.sealift.expires': new Date(expires).toISOString() },
  });
}

async function codes(): Promise<readonly string[]> {
  return (await bench.run()).failures.map(({ error }) => error.code);
}

async function delivered(): Promise<string | undefined> {
  return /value: (\S+)/.exec((await bench.delivered())[deliveredFile('app')] ?? '')?.[1];
}

/** Another hand takes it away: what is in force has to be written again. */
const takeAway = (): Promise<void> => rm(join(bench.target, deliveredFile('app')));

function floors(): readonly unknown[] {
  const store = readStateStore(bench.state);
  try {
    return store.floors.all().map(({ value }) => value);
  } finally {
    store.close();
  }
}

describe('the way back under a policy that asks for ascending order', () => {
  it('leads below the floor, which stays where it is, and what is in force there is kept and repaired', async () => {
    await follow('sequence');
    await publish({ value: 'six', sequence: 6 });
    expect(await codes()).toEqual([]);
    await publish({ value: 'seven', sequence: 7, isBroken: true });
    expect(await codes()).toEqual(['YAML_MALFORMED', 'DELIVERY_ROLLED_BACK']);
    expect([await delivered(), floors()]).toEqual(['six', [7]]);
    for (let run = 0; run < 2; run += 1) {
      await takeAway();
      expect(await codes()).toEqual(['DELIVERY_ROLLED_BACK']);
      expect([await delivered(), floors()]).toEqual(['six', [7]]);
    }
    await publish({ value: 'eight', sequence: 8 });
    expect(await codes()).toEqual([]);
    expect([await delivered(), floors()]).toEqual(['eight', [8]]);
  });

  it('is open to what held last alone: the same revision under its tag again is refused, and so is an older one', async () => {
    await follow('sequence');
    const five = await publish({ value: 'five', sequence: 5 });
    expect(await codes()).toEqual([]);
    const six = await publish({ value: 'six', sequence: 6 });
    expect(await codes()).toEqual([]);
    await publish({ value: 'seven', sequence: 7, isBroken: true });
    expect(await codes()).toEqual(['YAML_MALFORMED', 'DELIVERY_ROLLED_BACK']);
    for (const older of [five, six]) {
      await bench.store.tag(older, 'stable');
      expect(await codes()).toEqual(['REVISION_ROLLBACK', 'DELIVERY_ROLLED_BACK']);
      expect([await delivered(), floors()]).toEqual(['six', [7]]);
    }
  });

  it('leads on from where the site was, when the next one fails as well', async () => {
    await follow('sequence');
    await publish({ value: 'six', sequence: 6 });
    expect(await codes()).toEqual([]);
    for (const sequence of [7, 8]) {
      await publish({ value: `bad${sequence}`, sequence, isBroken: true });
      expect(await codes()).toEqual(['YAML_MALFORMED', 'DELIVERY_ROLLED_BACK']);
      expect([await delivered(), floors()]).toEqual(['six', [sequence]]);
    }
  });

  it('leads to one of an older version, too', async () => {
    await follow('semver', { ref: { semver: '>=1.0.0' } });
    await publish({ value: 'one', tag: '1.0.0' });
    expect(await codes()).toEqual([]);
    await publish({ value: 'two', tag: '1.1.0', isBroken: true });
    expect(await codes()).toEqual(['YAML_MALFORMED', 'DELIVERY_ROLLED_BACK']);
    await takeAway();
    expect(await codes()).toEqual(['DELIVERY_ROLLED_BACK']);
    expect([await delivered(), floors()]).toEqual(['one', ['1.1.0']]);
  });

  it('is not closed by the end of what held last: that decides about taking up, and it was', async () => {
    await follow('sequence');
    await publish({ value: 'six', sequence: 6, expires: start + hour });
    expect(await codes()).toEqual([]);
    clock.pass(2 * hour);
    await publish({ value: 'seven', sequence: 7, isBroken: true });
    expect(await codes()).toEqual(['YAML_MALFORMED', 'DELIVERY_ROLLED_BACK']);
    expect(await delivered()).toBe('six');
  });

  it('is closed to what a policy denies', async () => {
    await follow('sequence');
    const six = await publish({ value: 'six', sequence: 6 });
    expect(await codes()).toEqual([]);
    await follow('sequence', {}, { deny: { digests: [six.digest] } });
    await publish({ value: 'seven', sequence: 7, isBroken: true });
    await takeAway();
    expect(await codes()).toEqual(['YAML_MALFORMED', 'POLICY_DENIED']);
    expect(await delivered()).toBeUndefined();
  });

  it('leads there also where the policy asks for an order only since the revision that failed', async () => {
    await bench.configure();
    await follow('none');
    await publish({ value: 'six' });
    expect(await codes()).toEqual([]);
    await follow('sequence');
    await publish({ value: 'seven', sequence: 7, isBroken: true });
    expect(await codes()).toEqual(['YAML_MALFORMED', 'DELIVERY_ROLLED_BACK']);
    expect([await delivered(), floors()]).toEqual(['six', [7]]);
  });
});
