import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ObjectRef, refOf, type Target } from '../../src/core/index.ts';
import { configMap } from '../fixtures/objects.ts';

/** A target together with another hand that reaches behind it. */
export interface TargetUnderTest {
  readonly target: Target;
  text(ref: ObjectRef): Promise<string | undefined>;
  /** Puts text at the place of an object; `undefined` removes what is there. */
  edit(ref: ObjectRef, text: string | undefined): Promise<void>;
  close(): Promise<void>;
}

const idle = new AbortController().signal;
const keep = { recreate: false };
const owner = { name: 'apps', namespace: 'flux-system' };
const one = configMap('one', { owner });
const oneRef = refOf(one);
const secretText = 'hunter2';

/** What every target promises, whatever it is made of. */
export function describeTarget(name: string, open: () => Promise<TargetUnderTest>): void {
  describe(`${name} as a target`, () => {
    let under: TargetUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    describeObjects(() => under);
    describeOtherHands(() => under);
    describeCancelling(() => under);
    describeWatching(() => under);
  });
}

function describeObjects(get: () => TargetUnderTest): void {
  it('reports an object as absent until it is written', async () => {
    expect(await get().target.observe(oneRef, one, idle)).toEqual({ kind: 'absent' });
  });

  it('holds what was written, and names its owner', async () => {
    await get().target.write(one, keep, idle);
    const observation = await get().target.observe(oneRef, one, idle);
    expect(observation).toEqual({ kind: 'present', owner, matches: true, live: one });
  });

  it('shows what is there to one who asks for nothing, and calls it no match', async () => {
    await get().target.write(one, keep, idle);
    const observation = await get().target.observe(oneRef, undefined, idle);
    expect(observation).toEqual({ kind: 'present', owner, matches: false, live: one });
  });

  it('tells that another content is asked for', async () => {
    await get().target.write(one, keep, idle);
    const desired = configMap('one', { owner, data: { key: 'other' } });
    expect(await get().target.observe(oneRef, desired, idle)).toMatchObject({ matches: false, live: one });
  });

  it('replaces an object as a whole', async () => {
    await get().target.write(configMap('one', { owner, data: { old: 'x', key: 'y' } }), keep, idle);
    await get().target.write(one, keep, idle);
    expect(await get().target.observe(oneRef, undefined, idle)).toMatchObject({ live: one });
  });

  it('tells objects apart by namespace, kind and group, but not by version', async () => {
    await get().target.write(one, keep, idle);
    for (const change of [{ namespace: '' }, { kind: 'Secret' }, { group: 'example.org' }, { name: 'two' }]) {
      const observation = await get().target.observe({ ...oneRef, ...change }, undefined, idle);
      expect(observation).toEqual({ kind: 'absent' });
    }
    const newer = await get().target.observe({ ...oneRef, version: 'v2' }, undefined, idle);
    expect(newer).toMatchObject({ kind: 'present' });
  });

  it('removes an object, and takes its absence for success', async () => {
    await get().target.write(one, keep, idle);
    await get().target.write(configMap('two'), keep, idle);
    await get().target.remove(oneRef, idle);
    await get().target.remove(oneRef, idle);
    expect(await get().target.observe(oneRef, one, idle)).toEqual({ kind: 'absent' });
    expect(await get().target.observe(refOf(configMap('two')), undefined, idle)).toMatchObject({
      kind: 'present',
    });
  });

  it('gives back whatever JSON an object may hold, integers of any size exact', async () => {
    const values = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.bigInt(), awkwardTexts);
    const { target } = get();
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.oneof(fc.string(), awkwardTexts), values), async (data) => {
        const object = configMap('one', { data });
        await target.write(object, keep, idle);
        expect(await target.observe(oneRef, object, idle)).toMatchObject({ matches: true });
        const seen = await target.observe(oneRef, undefined, idle);
        expect(comparable(seen.kind === 'present' ? seen.live : seen)).toEqual(comparable(object));
      }),
      { numRuns: 60 },
    );
  });

  it('holds the same bytes for the same object, whatever the order of its fields', async () => {
    const { target, text } = get();
    await target.write(configMap('one', { owner, data: { a: 1, b: { c: 1, d: 2 } } }), keep, idle);
    const before = await text(oneRef);
    const turned = {
      data: { b: { d: 2, c: 1 }, a: 1 },
      metadata: one.metadata,
      kind: one.kind,
      apiVersion: 'v1',
    };
    expect(await target.observe(oneRef, turned, idle)).toMatchObject({ matches: true });
    await target.write(turned, keep, idle);
    expect(await text(oneRef)).toBe(before);
  });

  it('takes many writes at once', async () => {
    const objects = Array.from({ length: 40 }, (_, at) => configMap(`m${at}`));
    await Promise.all(objects.map((object) => get().target.write(object, keep, idle)));
    const seen = await Promise.all(
      objects.map((object) => get().target.observe(refOf(object), object, idle)),
    );
    expect(seen.every((observation) => observation.kind === 'present' && observation.matches)).toBe(true);
  });
}

/** Text that readers of YAML take for something else. */
const awkwardTexts = fc
  .array(
    fc.constantFrom(
      ...[
        'yes',
        'on',
        '~',
        'null',
        '0o7',
        '1_0',
        '1:20',
        '2001-01-01',
        '.5',
        '<<',
        '=',
        '---',
        '0x1',
        '',
        '+',
        '-',
      ],
      ...[
        '\n',
        '\t',
        ' ',
        '\r',
        '#',
        ': ',
        '- ',
        '\u0085',
        '\u2028',
        '\ufeff',
        '"',
        "'",
        '\\',
        '|',
        '>',
        '&a',
        '*a',
      ],
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));

/** The form in which a number and a bigint of the same value are the same. */
function comparable(value: unknown): unknown {
  if (typeof value === 'bigint' || typeof value === 'number') return `${value}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, comparable(field)]));
}

function describeOtherHands(get: () => TargetUnderTest): void {
  it.each([
    ['no YAML', `{ ${secretText}: [`],
    ['nothing', ''],
    ['a list', `- ${secretText}`],
    ['an object without a name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n'],
    ['another object', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: two, namespace: shop }\n'],
    ['two objects', 'a: 1\n---\nb: 1\n'],
    ['a name twice', `a: ${secretText}\na: 2\n`],
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`,
    ],
    ['a nesting without end', '['.repeat(100_000)],
  ])('calls %s unreadable, and quotes nothing of it', async (_behaviour, text) => {
    await get().edit(oneRef, text);
    for (const desired of [undefined, one]) {
      const observation = await get().target.observe(oneRef, desired, idle);
      expect(observation).toEqual({ kind: 'unreadable', detail: expect.any(String) });
      expect(JSON.stringify(observation)).not.toContain(secretText);
    }
  });

  it.each([
    ['no labels', ''],
    ['labels that are null', '  labels:\n'],
    ['one of the two labels', '  labels: { kustomize.toolkit.fluxcd.io/name: apps }\n'],
    [
      'a label that is a number',
      '  labels: { kustomize.toolkit.fluxcd.io/name: 1, kustomize.toolkit.fluxcd.io/namespace: a }\n',
    ],
  ])('names no owner for an object with %s', async (_behaviour, labels) => {
    await get().edit(
      oneRef,
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n  namespace: shop\n${labels}`,
    );
    const observation = await get().target.observe(oneRef, one, idle);
    expect(observation).toMatchObject({ kind: 'present', owner: undefined, matches: false });
  });

  it('sees every edit of what it holds, and writes over it', async () => {
    await get().target.write(one, keep, idle);
    await get().edit(oneRef, `${await get().text(oneRef)}extra: 1\n`);
    const observation = await get().target.observe(oneRef, one, idle);
    expect(observation).toMatchObject({ kind: 'present', owner, matches: false, live: { extra: 1 } });
    await get().target.write(one, keep, idle);
    expect(await get().target.observe(oneRef, one, idle)).toMatchObject({ matches: true });
  });

  it('changes nothing by looking', async () => {
    await get().edit(oneRef, secretText);
    await get().target.observe(oneRef, one, idle);
    expect(await get().text(oneRef)).toBe(secretText);
  });
}

function describeCancelling(get: () => TargetUnderTest): void {
  it('does nothing once the signal has aborted, and rejects with its reason', async () => {
    const { target } = get();
    const gone = AbortSignal.abort(new Error('shutdown'));
    await expect(target.write(one, keep, gone)).rejects.toThrow('shutdown');
    await expect(target.observe(oneRef, one, gone)).rejects.toThrow('shutdown');
    await expect(target.remove(oneRef, gone)).rejects.toThrow('shutdown');
    expect(await target.observe(oneRef, one, idle)).toEqual({ kind: 'absent' });
  });

  it('does not watch once the signal has aborted', async () => {
    const told: unknown[] = [];
    await get().target.watch((ref) => told.push(ref), AbortSignal.abort());
    expect(told).toEqual([]);
  });
}

function describeWatching(get: () => TargetUnderTest): void {
  it('tells that anything may have changed as soon as it watches, then every change by another hand', async () => {
    const { target, edit } = get();
    await target.write(one, keep, idle);
    const watching = new Watching(target);
    await watching.next(undefined);
    for (const text of ['changed', undefined, 'created']) {
      await edit(oneRef, text);
      await watching.next(oneRef);
    }
    await watching.stop();
  });

  it('tells about an object that was only looked for when it appears', async () => {
    const { target, edit } = get();
    await target.observe(oneRef, one, idle);
    const watching = new Watching(target);
    await watching.next(undefined);
    await edit(oneRef, 'created');
    await watching.next(oneRef);
    await watching.stop();
  });

  it('tells nothing after the signal aborted', async () => {
    const { target, edit } = get();
    await target.write(one, keep, idle);
    const watching = new Watching(target);
    await watching.next(undefined);
    await watching.stop();
    const before = watching.told.length;
    await edit(oneRef, 'changed');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(watching.told.length).toBe(before);
  });
}

/** What a watch tells, to be waited for. */
class Watching {
  readonly told: (ObjectRef | undefined)[] = [];
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(target: Target) {
    this.#ended = target.watch((ref) => this.told.push(ref), this.#stop.signal);
  }

  /** Resolves when `ref` is told; what was told before no longer counts. Fails after a second: drift waits no longer. */
  async next(ref: ObjectRef | undefined): Promise<void> {
    await expect.poll(() => this.told, { timeout: 1000, interval: 5 }).toContainEqual(ref);
    await new Promise((resolve) => setTimeout(resolve, 60));
    this.told.length = 0;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}
