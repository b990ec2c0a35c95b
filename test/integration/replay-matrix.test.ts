import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Descriptor, parseManifest, readAll, sha256 } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatStatus, readStatus } from '../../cmd/sealift/status.ts';
import type { Convergence } from '../../src/agent/index.ts';
import type { SourceRecord } from '../../src/api/index.ts';
import { readStateStore } from '../../src/site/index.ts';
import { SettableClock } from '../fakes/settable-clock.ts';
import { configMapYaml, deliveredFile, type SiteBench, startSiteBench } from './harness/site-bench.ts';

const start = Date.parse('2026-06-01T00:00:00Z');
const hour = 60 * 60_000;
const day = 24 * hour;
const twoYears = 730 * day;

const sequence = 'dev.sealift.sequence';
const expires = 'dev.sealift.expires';
const issued = 'dev.sealift.issued';

const at = (ms: number): string => new Date(ms).toISOString();

let bench: SiteBench;
let clock: SettableClock;

beforeEach(async () => {
  bench = await startSiteBench();
  clock = new SettableClock(start);
  bench.clock = clock;
  await follow('sequence');
});

afterEach(() => bench.close());

interface Freshness {
  readonly [name: string]: unknown;
}

function follow(
  order: string,
  spec: Readonly<Record<string, unknown>> = {},
  more: Freshness = {},
): Promise<void> {
  return bench.configure(spec, { freshness: { order, ...more } });
}

interface Release {
  readonly tag?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly signed?: Readonly<Record<string, string>>;
}

/** Publishes a signed artifact that delivers `text`. */
function publish(text: string, release: Release = {}): Promise<Descriptor> {
  return bench.push({ 'app.yaml': configMapYaml('app', text) }, { by: bench.trusted, ...release });
}

function release(number: number, signed: Readonly<Record<string, string>> = {}): Promise<Descriptor> {
  return publish(`release-${number}`, { annotations: { [sequence]: String(number) }, signed });
}

/** What is delivered. */
async function delivered(): Promise<string | undefined> {
  const files = await bench.delivered();
  return /value: (\S+)/.exec(files[deliveredFile('app')] ?? '')?.[1];
}

/** What a run came to: the codes of its failures. */
async function run(): Promise<readonly string[]> {
  return codesOf(await bench.run());
}

function codesOf({ failures }: Convergence): readonly string[] {
  return failures.map(({ error }) => error.code);
}

function record(): SourceRecord | undefined {
  const store = readStateStore(bench.state);
  try {
    return store.sources.all()[0];
  } finally {
    store.close();
  }
}

function condition(type: string): string | undefined {
  const found = record()?.status.conditions.find((one) => one.type === type);
  return found === undefined ? undefined : `${found.status}: ${found.message}`;
}

const floors = (): readonly unknown[] => {
  const store = readStateStore(bench.state);
  try {
    return store.floors.all().map(({ value }) => value);
  } finally {
    store.close();
  }
};

const told = (): readonly string[] =>
  bench.events.flatMap((event) =>
    event.kind === 'failed' ? [event.code] : event.kind === 'clock-behind' ? [event.kind] : [],
  );

describe('attack 15: older tag', () => {
  it('a tag that moves back is refused with the floor shown, what runs keeps running, and the next release is taken', async () => {
    const six = await release(6);
    const seven = await release(7);
    expect([await run(), await delivered()]).toEqual([[], 'release-7']);
    await bench.store.tag(six, 'stable');
    expect([await run(), await delivered()]).toEqual([['REVISION_ROLLBACK'], 'release-7']);
    const message = `expected the floor or later, which is sequence 7 (${seven.digest}), got sequence 6 (${six.digest})`;
    expect(condition('Ready')).toContain(message);
    expect(bench.events.find((event) => event.kind === 'failed')).toMatchObject({
      code: 'REVISION_ROLLBACK',
      message: expect.stringContaining(message),
      revision: `stable@${six.digest}`,
    });
    await release(8);
    expect([await run(), await delivered(), floors()]).toEqual([[], 'release-8', [8]]);
  });

  it('what was in force before a policy asked for an order is the floor from then on', async () => {
    await bench.configure();
    const six = await release(6);
    await release(7);
    expect([await run(), floors()]).toEqual([[], []]);
    await follow('sequence');
    expect([await run(), floors()]).toEqual([[], [7]]);
    await bench.store.tag(six, 'stable');
    expect([await run(), await delivered()]).toEqual([['REVISION_ROLLBACK'], 'release-7']);
  });

  it('a list of tags without the newest is refused', async () => {
    await follow('semver', { ref: { semver: '>=1.0.0' } });
    await publish('old', { tag: '1.9.0' });
    const newest = await publish('new', { tag: '1.10.0' });
    expect([await run(), await delivered()]).toEqual([[], 'new']);
    await bench.store.delete(newest);
    expect([await run(), await delivered(), floors()]).toEqual([['REVISION_ROLLBACK'], 'new', ['1.10.0']]);
  });
});

describe('attack 15: older digest', () => {
  it('a source that is pinned to an older digest does not go back by that', async () => {
    const six = await release(6);
    await release(7);
    await run();
    await follow('sequence', { ref: { digest: six.digest } });
    expect([await run(), await delivered()]).toEqual([['REVISION_ROLLBACK'], 'release-7']);
  });
});

describe('attack 15: older signature on newer tag', () => {
  beforeEach(() => follow('semver', { ref: { semver: '>=1.0.0' } }));

  it('an old artifact under a newer tag is known again', async () => {
    const old = await publish('old', { tag: '1.0.0' });
    await run();
    await publish('new', { tag: '1.1.0' });
    await run();
    await bench.store.tag(old, '1.2.0');
    expect([await run(), await delivered(), floors()]).toEqual([['REVISION_ROLLBACK'], 'new', ['1.1.0']]);
  });

  it('an old artifact that names its version is refused under another tag also where nobody has seen it', async () => {
    const old = await publish('old', {
      tag: '1.0.0',
      annotations: { 'org.opencontainers.image.version': '1.0.0' },
    });
    await publish('new', { tag: '1.1.0' });
    await run();
    await bench.store.tag(old, '1.2.0');
    expect([await run(), await delivered()]).toEqual([['REVISION_UNORDERED'], 'new']);
  });
});

describe('attack 08: older signature beside a newer artifact', () => {
  it('is not its signature', async () => {
    const six = await release(6);
    await run();
    const unsigned = { annotations: { [sequence]: '7' } };
    const seven = await bench.push({ 'app.yaml': configMapYaml('app', 'release-7') }, unsigned);
    for await (const descriptor of bench.store.referrers(six)) {
      const text = Buffer.from(await readAll(bench.store.fetch(descriptor), descriptor.size, 'referrer'));
      const { mediaType, digest, size } = seven;
      const moved = { ...JSON.parse(text.toString()), subject: { mediaType, digest, size } };
      const content = Buffer.from(JSON.stringify(moved));
      await bench.store.push({ ...descriptor, digest: sha256(content), size: content.length }, content);
    }
    expect([await run(), await delivered(), floors()]).toEqual([
      ['SIGNATURE_WRONG_DIGEST'],
      'release-6',
      [6],
    ]);
  });
});

describe('attack 46: expired', () => {
  it('an artifact that has expired is not taken, and what runs keeps running', async () => {
    await release(6);
    await run();
    await release(7, { [expires]: at(start - hour) });
    expect([await run(), await delivered(), floors()]).toEqual([['REVISION_EXPIRED'], 'release-6', [6]]);
  });

  it('what runs is kept when it expires, drift is repaired, and a new signature prolongs it', async () => {
    const six = await release(6, { [expires]: at(start + day) });
    expect(await run()).toEqual([]);
    expect(condition('Fresh')).toContain(`expires at ${at(start + day).slice(0, 19)}Z`);
    clock.pass(2 * day);
    await rm(bench.target, { recursive: true });
    expect([await run(), await delivered()]).toEqual([[], 'release-6']);
    expect(condition('Ready')).toMatch(/^True/);
    expect(condition('Fresh')).toMatch(/^False: kept in force/);
    expect(formatStatus(readStatus(bench.state), 'table')).toContain('would not be taken up any more');
    await run();
    expect(told()).toEqual(['REVISION_EXPIRED']);
    await bench.sign(six, bench.trusted, { [expires]: at(start + 9 * day) });
    expect(await run()).toEqual([]);
    expect(condition('Fresh')).toMatch(/^True/);
  });
});

describe('frozen registry', () => {
  it('one that stands still is seen by the age of its newest signature', async () => {
    await follow('sequence', {}, { maxAge: '720h' });
    await release(6, { [issued]: at(start) });
    expect(await run()).toEqual([]);
    clock.pass(31 * day);
    expect([await run(), await delivered(), told()]).toEqual([[], 'release-6', ['REVISION_EXPIRED']]);
    expect(condition('Fresh')).toContain('the registry stands still, or nobody signed');
  });

  it('one that is away when the end comes is seen too', async () => {
    await release(6, { [expires]: at(start + day) });
    await run();
    clock.pass(2 * day);
    bench.intercept = (_request, response) => {
      response.writeHead(404).end();
      return true;
    };
    await run();
    expect([await delivered(), condition('Fresh')]).toEqual(['release-6', expect.stringMatching(/^False/)]);
  });
});

describe('attack 35: lost state directory', () => {
  it('the database alone: the floor is still there', async () => {
    const six = await release(6);
    await release(7);
    await run();
    await bench.store.tag(six, 'stable');
    for (const name of ['state.db', 'state.db-wal', 'state.db-shm'])
      await rm(join(bench.state, name), { force: true });
    expect(await run()).toEqual(expect.arrayContaining(['REVISION_ROLLBACK']));
    expect([await delivered(), floors()]).toEqual(['release-7', [7]]);
    expect(bench.events).toContainEqual(expect.objectContaining({ kind: 'state-mended' }));
  });

  it('all of it: an older artifact is taken while it is meant, and not once it has expired', async () => {
    const six = await release(6, { [expires]: at(start + day) });
    await release(7);
    await run();
    await bench.store.tag(six, 'stable');
    await rm(bench.state, { recursive: true });
    clock.pass(2 * day);
    expect(await run()).toEqual(expect.arrayContaining(['REVISION_EXPIRED']));
    clock.wall = start;
    await rm(bench.state, { recursive: true });
    await run();
    expect(floors()).toEqual([6]);
  });
});

describe('attack 34: clock back two years', () => {
  it('does not make valid again what has expired, and says so', async () => {
    const old = await release(6, { [expires]: at(start - day) });
    await release(7, { [issued]: at(start) });
    await run();
    await bench.store.tag(old, 'other');
    await follow('none', { ref: { tag: 'other' } });
    clock.wall -= twoYears;
    expect([await run(), await delivered()]).toEqual([['REVISION_EXPIRED'], 'release-7']);
    expect(told()).toEqual(['clock-behind', 'REVISION_EXPIRED']);
  });

  it('is held to what a steady clock said, where no signature proves a time', async () => {
    await release(7);
    await run();
    for (let hours = 0; hours < 30; hours += 1) {
      clock.pass(hour);
      await run();
    }
    await release(8, { [expires]: at(start + day) });
    clock.wall = 0;
    expect([await run(), await delivered()]).toEqual([['REVISION_EXPIRED'], 'release-7']);
  });
});

describe('attack 34: clock forward two years', () => {
  it('takes nothing that is limited, keeps what runs, and leaves nothing behind once it is right again', async () => {
    await release(6, { [expires]: at(start + 90 * day), [issued]: at(start) });
    await run();
    clock.wall += twoYears;
    clock.machine += hour;
    await release(7, { [expires]: at(start + 90 * day), [issued]: at(start) });
    expect([await run(), await delivered()]).toEqual([['REVISION_EXPIRED'], 'release-6']);
    clock.wall -= twoYears - hour;
    expect([await run(), await delivered(), told()]).toEqual([[], 'release-7', ['REVISION_EXPIRED']]);
  });
});

describe('attack 36: equal sequence', () => {
  it('two artifacts of one sequence: the one that came first stays', async () => {
    await release(7);
    await run();
    await publish('other', { annotations: { [sequence]: '7' } });
    expect([await run(), await delivered()]).toEqual([['REVISION_EQUIVOCATION'], 'release-7']);
  });

  it('an artifact without sequence is not taken', async () => {
    await publish('unnumbered');
    expect(await run()).toEqual(expect.arrayContaining(['REVISION_UNORDERED']));
    expect(await delivered()).toBeUndefined();
  });
});

describe('attack 45: audience of another site', () => {
  it('is not taken, and one that names this site is', async () => {
    await follow('sequence', {}, { audience: ['site-17'] });
    await release(6, { 'dev.sealift.audience': 'site-18' });
    expect(await run()).toEqual(expect.arrayContaining(['REVISION_OTHER_AUDIENCE']));
    await release(7, { 'dev.sealift.audience': 'site-17' });
    expect([await run(), await delivered()]).toEqual([[], 'release-7']);
  });
});

describe('the floor is on disk before the artifact is used', () => {
  it('a layer that cannot be fetched leaves the floor of its artifact, and what runs keeps running', async () => {
    const six = await release(6);
    await run();
    const seven = await release(7);
    const manifest = parseManifest(await readAll(bench.store.fetch(seven), seven.size, 'manifest'));
    const layer = manifest.kind === 'image' ? manifest.layers[0]?.digest : undefined;
    bench.intercept = (request, response) => {
      const isLayer = layer !== undefined && request.url?.endsWith(layer) === true;
      if (isLayer) response.writeHead(404).end();
      return isLayer;
    };
    expect(await run()).toHaveLength(1);
    expect([await delivered(), floors()]).toEqual(['release-6', [7]]);
    await bench.store.tag(six, 'stable');
    expect([await run(), await delivered(), floors()]).toEqual([[], 'release-6', [7]]);
    await bench.store.tag(seven, 'stable');
    bench.intercept = undefined;
    expect([await run(), await delivered()]).toEqual([[], 'release-7']);
  });
});

describe('an authorised step back', () => {
  it('a signed statement on the older artifact leads there, is recorded, and cannot be used again', async () => {
    const six = await release(6);
    const seven = await release(7);
    await run();
    await bench.sign(six, bench.trusted, { 'dev.sealift.allow-step-back-from': '7' });
    await bench.store.tag(six, 'stable');
    expect([await run(), await delivered(), floors()]).toEqual([[], 'release-6', [6]]);
    expect(bench.events).toContainEqual(
      expect.objectContaining({ kind: 'floor-moved', by: 'statement', from: `sequence 7 (${seven.digest})` }),
    );
    await bench.store.tag(seven, 'stable');
    expect(await run()).toEqual(['REVISION_ROLLBACK']);
  });

  it('a statement of somebody whom the policy does not know leads nowhere', async () => {
    const six = await release(6);
    await release(7);
    await run();
    await bench.push(
      { 'app.yaml': configMapYaml('app', 'release-6') },
      {
        by: bench.stranger,
        annotations: { [sequence]: '6' },
        signed: { 'dev.sealift.allow-step-back-from': '7' },
      },
    );
    await bench.store.tag(six, 'stable');
    expect(await run()).toEqual(['REVISION_ROLLBACK']);
  });
});
