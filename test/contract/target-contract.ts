import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KubernetesObject, type ObjectRef, refOf, type Target } from '../../src/core/index.ts';
import { type ConfigMapOptions, configMap } from '../fixtures/objects.ts';

/** A target together with another hand that reaches behind it. */
export interface TargetUnderTest {
  readonly target: Target;
  /** Where the objects of these tests are, and nobody else's. */
  readonly namespace: string;
  /** What is there, as another hand reads it. */
  read(ref: ObjectRef): Promise<KubernetesObject | undefined>;
  /** Puts an object in the place of what is there. */
  put(object: KubernetesObject): Promise<void>;
  take(ref: ObjectRef): Promise<void>;
  close(): Promise<void>;
}

const idle = new AbortController().signal;
const keep = { recreate: false };
const owner = { name: 'apps', namespace: 'flux-system' };

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

/** An object in the namespace of the test. */
function make(
  { namespace }: TargetUnderTest,
  name: string,
  options: ConfigMapOptions = { owner },
): KubernetesObject {
  const object = configMap(name, options);
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** The object that most tests are about. */
function oneOf(under: TargetUnderTest): { readonly one: KubernetesObject; readonly oneRef: ObjectRef } {
  const one = make(under, 'one');
  return { one, oneRef: refOf(one) };
}

function describeObjects(get: () => TargetUnderTest): void {
  it('reports an object as absent until it is written', async () => {
    const { one, oneRef } = oneOf(get());
    expect(await get().target.observe(oneRef, one, idle)).toEqual({ kind: 'absent' });
  });

  it('writes nothing when it tries, and takes what it said it would', async () => {
    const { one, oneRef } = oneOf(get());
    // Whether it is there, as what cannot be changed, nobody has looked yet.
    const object = { ...one, immutable: true };
    const verdict = await get().target.trials?.verdictOn(object, keep, idle);
    expect([undefined, 'accepted']).toContain(verdict?.kind);
    expect(await get().read(oneRef)).toBeUndefined();
    await get().target.write(object, keep, idle);
    expect(await get().read(oneRef)).toMatchObject(object);
  });

  it('holds what was written, and names its owner', async () => {
    const { one, oneRef } = oneOf(get());
    await get().target.write(one, keep, idle);
    const observation = await get().target.observe(oneRef, one, idle);
    expect(observation).toMatchObject({ kind: 'present', owner, matches: true });
    expect(await get().read(oneRef)).toMatchObject(one);
  });

  it('calls nothing a match for one who asks for nothing', async () => {
    const { one, oneRef } = oneOf(get());
    await get().target.write(one, keep, idle);
    const observation = await get().target.observe(oneRef, undefined, idle);
    expect(observation).toMatchObject({ kind: 'present', owner, matches: false });
  });

  it('tells that another content is asked for', async () => {
    const { one, oneRef } = oneOf(get());
    await get().target.write(one, keep, idle);
    const desired = make(get(), 'one', { owner, data: { key: 'other' } });
    expect(await get().target.observe(oneRef, desired, idle)).toMatchObject({ owner, matches: false });
  });

  it('shows the marks by which an object says how it is to be handled', async () => {
    const annotations = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };
    const marked = make(get(), 'one', { owner, annotations });
    await get().target.write(marked, keep, idle);
    for (const desired of [marked, undefined]) {
      const observation = await get().target.observe(refOf(marked), desired, idle);
      expect(observation).toMatchObject({ marks: { annotations } });
    }
  });

  it('replaces an object as a whole', async () => {
    const { one, oneRef } = oneOf(get());
    await get().target.write(make(get(), 'one', { owner, data: { old: 'x', key: 'y' } }), keep, idle);
    await get().target.write(one, keep, idle);
    expect((await get().read(oneRef))?.['data']).toEqual(one['data']);
    expect(await get().target.observe(oneRef, one, idle)).toMatchObject({ matches: true });
  });

  it('tells objects apart by namespace, kind and group, but not by version', async () => {
    const { one, oneRef } = oneOf(get());
    await get().target.write(one, keep, idle);
    const others = [{ namespace: 'none' }, { kind: 'Secret' }, { group: 'example.org' }, { name: 'two' }];
    for (const change of others) {
      const { kind } = await get().target.observe({ ...oneRef, ...change }, undefined, idle);
      // `unserved` of a kind that it does not know.
      expect(['absent', 'unserved']).toContain(kind);
    }
    const newer = await get().target.observe({ ...oneRef, version: 'v2' }, undefined, idle);
    expect(newer).toMatchObject({ kind: 'present' });
  });

  it('removes an object, and takes its absence for success', async () => {
    const { one, oneRef } = oneOf(get());
    const two = make(get(), 'two');
    await get().target.write(one, keep, idle);
    await get().target.write(two, keep, idle);
    await get().target.remove(oneRef, idle);
    await get().target.remove(oneRef, idle);
    expect(await get().target.observe(oneRef, one, idle)).toEqual({ kind: 'absent' });
    expect(await get().target.observe(refOf(two), undefined, idle)).toMatchObject({ kind: 'present' });
  });

  it('knows an object again, whatever the order of its fields', async () => {
    const { one, oneRef } = oneOf(get());
    await get().target.write(make(get(), 'one', { owner, data: { a: 'x', b: 'y' } }), keep, idle);
    const { metadata, kind } = one;
    const turned = { data: { b: 'y', a: 'x' }, metadata, kind, apiVersion: 'v1' };
    expect(await get().target.observe(oneRef, turned, idle)).toMatchObject({ matches: true });
  });

  it('takes many writes at once', async () => {
    const objects = Array.from({ length: 40 }, (_, at) => make(get(), `m${at}`));
    await Promise.all(objects.map((object) => get().target.write(object, keep, idle)));
    const seen = await Promise.all(
      objects.map((object) => get().target.observe(refOf(object), object, idle)),
    );
    expect(seen.every((observation) => observation.kind === 'present' && observation.matches)).toBe(true);
  });
}

function describeOtherHands(get: () => TargetUnderTest): void {
  it('sees what another hand changed, and writes over it', async () => {
    const { one, oneRef } = oneOf(get());
    await get().target.write(one, keep, idle);
    await get().put(make(get(), 'one', { owner, data: { key: 'other' } }));
    const observation = await get().target.observe(oneRef, one, idle);
    expect(observation).toMatchObject({ kind: 'present', owner, matches: false });
    await get().target.write(one, keep, idle);
    expect(await get().target.observe(oneRef, one, idle)).toMatchObject({ matches: true });
    expect((await get().read(oneRef))?.['data']).toEqual(one['data']);
  });

  it('leaves to others what it is told to leave to them, and nothing else', async () => {
    const { target } = get();
    const ignored = ['/data/theirs', '/data/gone', '/data/added'];
    const asked = (revision: string): KubernetesObject =>
      make(get(), 'one', { owner, data: { ours: revision, theirs: revision, gone: revision } });
    const ref = refOf(asked('1'));
    await target.write(asked('1'), { ...keep, ignored }, idle);
    await get().put(make(get(), 'one', { owner, data: { ours: '1', theirs: 'other', added: 'other' } }));
    expect(await target.observe(ref, asked('1'), idle, ignored)).toMatchObject({ matches: true });
    expect(await target.observe(ref, asked('2'), idle, ignored)).toMatchObject({ matches: false });
    await target.write(asked('2'), { ...keep, ignored }, idle);
    expect((await get().read(ref))?.['data']).toEqual({ ours: '2', theirs: 'other', added: 'other' });
    expect(await target.observe(ref, asked('2'), idle, ignored)).toMatchObject({ matches: true });
    expect(await target.observe(ref, asked('2'), idle)).toMatchObject({ matches: false });
  });

  it('sees that another hand took an object away, or put one there', async () => {
    const { one, oneRef } = oneOf(get());
    await get().target.write(one, keep, idle);
    await get().take(oneRef);
    expect(await get().target.observe(oneRef, one, idle)).toEqual({ kind: 'absent' });
    await get().put(one);
    expect(await get().target.observe(oneRef, undefined, idle)).toMatchObject({ kind: 'present', owner });
  });

  it('names no owner once another hand took the labels off', async () => {
    const { one, oneRef } = oneOf(get());
    await get().target.write(one, keep, idle);
    await get().put(make(get(), 'one', {}));
    const observation = await get().target.observe(oneRef, one, idle);
    expect(observation).toMatchObject({ kind: 'present', owner: undefined, matches: false });
  });

  it('changes nothing by looking', async () => {
    const { one, oneRef } = oneOf(get());
    await get().put(make(get(), 'one', { data: { key: 'other' } }));
    const before = await get().read(oneRef);
    await get().target.observe(oneRef, one, idle);
    expect(await get().read(oneRef)).toEqual(before);
  });
}

function describeCancelling(get: () => TargetUnderTest): void {
  it('does nothing once the signal has aborted, and rejects with its reason', async () => {
    const { one, oneRef } = oneOf(get());
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
    const { one, oneRef } = oneOf(get());
    const { target } = get();
    await target.write(one, keep, idle);
    const watching = new Watching(target);
    await watching.next(undefined);
    await get().put(make(get(), 'one', { owner, data: { key: 'other' } }));
    await watching.next(oneRef);
    await get().take(oneRef);
    await watching.next(oneRef);
    await get().put(one);
    await watching.next(oneRef);
    await watching.stop();
  });

  it('tells about an object that was only looked for when it appears', async () => {
    const { one, oneRef } = oneOf(get());
    const { target } = get();
    await target.observe(oneRef, one, idle);
    const watching = new Watching(target);
    await watching.next(undefined);
    await get().put(one);
    await watching.next(oneRef);
    await watching.stop();
  });

  it('answers what another hand changed while it watches', async () => {
    const { one, oneRef } = oneOf(get());
    const { target } = get();
    const watching = new Watching(target);
    await watching.next(undefined);
    await target.write(one, keep, idle);
    expect(await target.observe(oneRef, one, idle)).toMatchObject({ matches: true });
    await get().put(make(get(), 'one', { owner, data: { key: 'other' } }));
    await watching.next(oneRef);
    expect(await target.observe(oneRef, one, idle)).toMatchObject({ matches: false });
    await target.write(one, keep, idle);
    expect(await target.observe(oneRef, one, idle)).toMatchObject({ matches: true });
    await get().take(oneRef);
    await watching.next(oneRef);
    expect(await target.observe(oneRef, one, idle)).toEqual({ kind: 'absent' });
    await watching.stop();
  });

  it('tells nothing after the signal aborted', async () => {
    const { one } = oneOf(get());
    const { target } = get();
    await target.write(one, keep, idle);
    const watching = new Watching(target);
    await watching.next(undefined);
    await watching.stop();
    const before = watching.told.length;
    await get().put(make(get(), 'one', { owner, data: { key: 'other' } }));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(watching.told.length).toBe(before);
  });
}

/** What a watch tells, to be waited for. */
export class Watching {
  readonly told: (ObjectRef | undefined)[] = [];
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(target: Target) {
    this.#ended = target.watch((ref) => this.told.push(ref), this.#stop.signal);
  }

  /** Resolves when `ref` is told; what was told before no longer counts. Fails after a time that no busy machine needs. */
  async next(ref: ObjectRef | undefined): Promise<void> {
    await expect.poll(() => this.told, { timeout: 15_000, interval: 5 }).toContainEqual(ref);
    await new Promise((resolve) => setTimeout(resolve, 60));
    this.told.length = 0;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }
}
