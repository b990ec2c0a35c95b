import { inventoryId } from '../../src/api/index.ts';
import {
  type ErrorCode,
  formatRef,
  type KubernetesObject,
  type ObjectRef,
  refOf,
  SealiftError,
} from '../../src/core/index.ts';
import type {
  ApiResource,
  Applied,
  ApplyOptions,
  JsonPatchStep,
  KindRef,
  KubernetesClient,
  ListOptions,
  ListScope,
  LiveMetadata,
  LiveObject,
  ManagedFields,
  MetadataPage,
  RemoveOptions,
  SampleScope,
  WatchEvent,
} from '../../src/target/kubernetes/client/client.ts';
import { fromFieldsV1, leavesOf, toFieldsV1, withLeaf } from './field-sets.ts';
import { refuseConflict, refuseOtherVersion } from './refuse-apply.ts';

interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly ref: ObjectRef;
  readonly metadata: LiveMetadata;
}

const clusterScoped = new Set(['Namespace', 'ClusterRole', 'CustomResourceDefinition']);

const without = <T>(set: ReadonlySet<T>, other: ReadonlySet<T>): Set<T> =>
  new Set([...set].filter((one) => !other.has(one)));

/**
 * A Kubernetes API that forgets, with the book-keeping of fields of the real one: who sets a field of another takes it. Its clock may stand
 * still, so that nothing rests on the time of an entry.
 */
export class FakeCluster implements KubernetesClient {
  readonly server = 'https://fake.test';
  /** What was asked, as `get ConfigMap/shop/one`. */
  readonly requests: string[] = [];
  /** Kinds that are served, in version `v1`: `ConfigMap`, `e.com/Widget`. */
  readonly kinds = new Set(['ConfigMap', 'Secret', 'Namespace']);
  /** Objects that cannot be changed; written as `ConfigMap/shop/one`. */
  readonly immutable = new Set<string>();
  /** Objects that a deletion does not end. */
  readonly stays = new Set<string>();
  /** Requests, written as above, that fail with an error, or with one of this code; `*` for any text. */
  readonly failing = new Map<string, ErrorCode | SealiftError>();
  /** What every apply is answered with. */
  warnings: readonly string[] = [];
  pageSize = 2;
  /** How many changes watches may still bring; the others wait. */
  allowance = Number.POSITIVE_INFINITY;
  /** Whether every apply that changes something has a time of its own. */
  isTicking = false;
  /** Watches end as soon as they began. */
  isClosing = false;
  /** What happens between a write and its answer. */
  beforeAnswer: () => Promise<void> = async () => undefined;
  /** What happens between two pages of a list. */
  betweenPages: () => Promise<void> = async () => undefined;
  readonly #objects = new Map<string, LiveObject>();
  readonly #history: Change[] = [];
  #version = 100;
  #forgotten = 0;
  #uids = 0;
  #wake = Promise.withResolvers<void>();
  #cut = new AbortController();

  as(): KubernetesClient {
    return this;
  }

  forget(): void {}

  async close(): Promise<void> {}

  async resourceOf({ group, version, kind }: KindRef): Promise<ApiResource | undefined> {
    if (!this.#serves({ group, kind }) || version !== 'v1') return undefined;
    const plural = `${kind.toLowerCase()}s`;
    return { group, version, kind, plural, namespaced: !clusterScoped.has(kind), watchable: true };
  }

  async get(ref: ObjectRef, signal: AbortSignal): Promise<LiveObject | undefined> {
    this.#ask(`get ${formatRef(ref)}`, signal);
    this.#known(ref);
    return this.live(ref);
  }

  async apply(object: KubernetesObject, options: ApplyOptions, signal: AbortSignal): Promise<Applied> {
    const ref = refOf(object);
    this.#ask(`${options.dryRun ? 'try' : 'apply'} ${formatRef(ref)}`, signal);
    this.#known(ref);
    const before = this.live(ref);
    if (before !== undefined && this.immutable.has(formatRef(ref)))
      throw new SealiftError('TARGET_IMMUTABLE', formatRef(ref), 'field is immutable');
    refuseOtherVersion(object, before);
    const leaves = leavesOf(stripped(object));
    const fields = new Set(leaves.keys());
    const entries = before?.metadata.managedFields ?? [];
    const own = entries.find((one) => one.manager === options.fieldManager && one.operation === 'Apply');
    const others = entries.filter((one) => one !== own);
    let next: KubernetesObject = before ?? {
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: object.metadata,
    };
    const shared = new Set(others.flatMap((entry) => [...fromFieldsV1(entry.fieldsV1)]));
    for (const gone of without(without(fromFieldsV1(own?.fieldsV1), fields), shared))
      next = set(next, gone, undefined);
    const changed = new Set(
      [...leaves].filter(([path, value]) => !same(leafOf(before, path), value)).map(([path]) => path),
    );
    if (!options.force) refuseConflict(ref, changed, shared);
    for (const [path, value] of leaves) next = set(next, path, value);
    const entry = { manager: options.fieldManager, operation: 'Apply', apiVersion: object.apiVersion };
    const rest = others.map((other) => lessening(other, changed));
    const isNew = changed.size > 0 || !same(toFieldsV1(fields), own?.fieldsV1);
    const managed = [entryOf({ ...entry, ...this.#timeOf(isNew ? undefined : own) }, fields), ...rest];
    const made = this.#put(ref, next, managed, options.dryRun);
    await this.beforeAnswer();
    return { object: made, warnings: this.warnings };
  }

  async patch(
    ref: ObjectRef,
    steps: readonly JsonPatchStep[],
    _: string,
    signal: AbortSignal,
  ): Promise<LiveObject> {
    this.#ask(`patch ${formatRef(ref)}`, signal);
    const before = this.live(ref);
    const test = steps.find(({ op }) => op === 'test')?.value;
    if (before === undefined || test !== before.metadata.resourceVersion) {
      throw new SealiftError('TARGET_CHANGED', formatRef(ref), 'is another version');
    }
    const managed = steps.find(({ path }) => path === '/metadata/managedFields')?.value;
    return this.#put(ref, before, managed as readonly ManagedFields[], false);
  }

  async remove(
    ref: ObjectRef,
    { uid }: RemoveOptions,
    signal: AbortSignal,
  ): Promise<LiveMetadata | undefined> {
    this.#ask(`remove ${formatRef(ref)}`, signal);
    this.#known(ref);
    const before = this.live(ref);
    if (before !== undefined && uid !== undefined && before.metadata.uid !== uid) {
      throw new SealiftError('TARGET_CHANGED', formatRef(ref), 'is another object');
    }
    if (!this.stays.has(formatRef(ref))) this.take(ref);
    else if (before !== undefined) return this.#depart(ref, before);
    return undefined;
  }

  async *listMetadata(
    resource: ApiResource,
    { namespace, pageSize = this.pageSize }: ListOptions,
    signal: AbortSignal,
  ): AsyncIterable<MetadataPage> {
    const resourceVersion = `${this.#version}`;
    const items = [...this.#objects.values()]
      .filter(
        ({ kind, metadata }) =>
          kind === resource.kind && (namespace ?? metadata.namespace) === metadata.namespace,
      )
      .map(({ metadata }) => metadata);
    for (let at = 0; at === 0 || at < items.length; at += pageSize) {
      this.#ask(
        `${pageSize === 1 ? 'version' : 'list'} ${resource.kind}${namespace === undefined ? '' : ` ${namespace}`}`,
        signal,
      );
      yield { items: items.slice(at, at + pageSize), resourceVersion };
      await this.betweenPages();
    }
  }

  /** Takes a selector of labels that are equal. */
  async sample(
    { kind }: ApiResource,
    { namespace, labelSelector, limit }: SampleScope,
    signal: AbortSignal,
  ): Promise<readonly LiveObject[]> {
    this.#ask(`sample ${kind} ${namespace} ${labelSelector}`, signal);
    const labels = Object.entries(Object.fromEntries(labelSelector.split(',').map((one) => one.split('='))));
    const isIt = ({ kind: its, metadata }: LiveObject): boolean =>
      its === kind &&
      metadata.namespace === namespace &&
      labels.every(([key, value]) => metadata.labels?.[key] === value);
    return [...this.#objects.values()].filter(isIt).slice(0, limit);
  }

  async *watchMetadata(
    resource: ApiResource,
    { namespace }: ListScope,
    from: string,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent> {
    this.#ask(`watch ${resource.kind}${namespace === undefined ? '' : ` ${namespace}`}`, signal);
    if (Number(from) < this.#forgotten) throw new SealiftError('TARGET_EXPIRED', resource.kind, 'too old');
    yield { type: 'BOOKMARK', resourceVersion: from };
    const isInside = ({ ref }: Change): boolean =>
      ref.kind === resource.kind && (namespace ?? ref.namespace) === ref.namespace;
    for await (const change of this.#changesAfter(Number(from), signal)) {
      if (isInside(change)) yield { type: change.type, metadata: change.metadata };
    }
  }

  #serves({ group, kind }: Pick<KindRef, 'group' | 'kind'>): boolean {
    return this.kinds.has(group === '' ? kind : `${group}/${kind}`);
  }

  #known(ref: ObjectRef): void {
    if (this.#serves(ref)) return;
    throw new SealiftError('TARGET_KIND_UNKNOWN', formatRef(ref), 'the server serves no such kind');
  }

  /** What is there. */
  live(ref: ObjectRef): LiveObject | undefined {
    return this.#objects.get(inventoryId(ref));
  }

  /** Another hand puts an object in the place of what is there, as an update does. */
  put(object: KubernetesObject, manager = 'somebody'): void {
    const ref = refOf(object);
    const before = this.live(ref);
    const [old, now] = [leavesOf(stripped(before)), leavesOf(object)];
    const changed = [...new Set([...old.keys(), ...now.keys()])].filter(
      (path) => !same(old.get(path), now.get(path)),
    );
    const set = new Set(changed.filter((path) => now.has(path)));
    const entry = { manager, operation: 'Update', apiVersion: object.apiVersion };
    const entries = before?.metadata.managedFields ?? [];
    const isHis = (one: ManagedFields): boolean => one.manager === manager && one.operation === 'Update';
    const his = new Set(entries.filter(isHis).flatMap(({ fieldsV1 }) => [...fromFieldsV1(fieldsV1)]));
    const others = entries.filter((one) => !isHis(one)).map((one) => lessening(one, new Set(changed)));
    const fields = new Set([...without(his, new Set(changed)), ...set]);
    this.#put(ref, object, fields.size === 0 ? others : [...others, entryOf(entry, fields)], false);
  }

  /** Another hand deletes it. */
  take(ref: ObjectRef): void {
    const before = this.live(ref);
    if (before === undefined) return;
    this.#objects.delete(inventoryId(ref));
    this.#version += 1;
    this.#note({
      type: 'DELETED',
      ref,
      metadata: { ...before.metadata, resourceVersion: `${this.#version}` },
    });
  }

  /** Ends every watch, as a server or a connection does. */
  cut(): void {
    this.#cut.abort();
    this.#cut = new AbortController();
  }

  /** Gives what goes back to here, as a restore from a backup does: versions are given a second time. */
  backup(): () => void {
    const [objects, version] = [new Map(this.#objects), this.#version];
    return () => {
      this.#objects.clear();
      for (const [id, object] of objects) this.#objects.set(id, object);
      this.#version = version;
      this.#history.splice(0, this.#history.length, ...this.#history.filter((one) => one.version <= version));
    };
  }

  /** A watch that is behind has to list again. */
  compact(): void {
    this.#forgotten = this.#version + 1;
    this.#version += 1;
  }

  #depart(ref: ObjectRef, before: LiveObject): LiveMetadata {
    this.#version += 1;
    const metadata = {
      ...before.metadata,
      resourceVersion: `${this.#version}`,
      deletionTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['example.com/hold'],
    };
    this.#objects.set(inventoryId(ref), { ...before, metadata });
    this.#note({ type: 'MODIFIED', ref, metadata });
    return metadata;
  }

  #put(
    ref: ObjectRef,
    object: KubernetesObject,
    entries: readonly ManagedFields[],
    dryRun: boolean,
  ): LiveObject {
    const before = this.live(ref);
    const managedFields = entries.filter(({ fieldsV1 }) => Object.keys(fieldsV1 as object).length > 0);
    const uid = before?.metadata.uid ?? `uid-${this.#uids + 1}`;
    const resourceVersion = before?.metadata.resourceVersion ?? '';
    const live = { ...object, metadata: { ...object.metadata, uid, resourceVersion, managedFields } };
    if (dryRun || same(live, before)) return live;
    if (before === undefined) this.#uids += 1;
    this.#version += 1;
    const stored = { ...live, metadata: { ...live.metadata, resourceVersion: `${this.#version}` } };
    this.#objects.set(inventoryId(ref), stored);
    this.#note({ type: before === undefined ? 'ADDED' : 'MODIFIED', ref, metadata: stored.metadata });
    return stored;
  }

  /** Lets watches bring so many more changes. */
  allow(changes: number): void {
    this.allowance = changes;
    this.#wakeWatches();
  }

  async *#changesAfter(from: number, signal: AbortSignal): AsyncIterable<Change> {
    const ends = AbortSignal.any([signal, this.#cut.signal]);
    for (let version = from; !ends.aborted && !this.isClosing; ) {
      const woken = this.#wake.promise;
      const [next] = this.#history.filter((one) => one.version > version);
      if (next !== undefined && this.allowance > 0) {
        this.allowance -= 1;
        version = next.version;
        yield next;
      } else {
        await Promise.race([woken, aborted(ends)]);
      }
    }
  }

  #wakeWatches(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  #timeOf(entry: ManagedFields | undefined): { readonly time?: string } {
    return this.isTicking ? { time: entry?.time ?? `${this.#version}` } : {};
  }

  #note(change: Omit<Change, 'version'>): void {
    this.#history.push({ ...change, version: this.#version });
    this.#wakeWatches();
  }

  #ask(request: string, signal: AbortSignal): void {
    signal.throwIfAborted();
    this.requests.push(request);
    const [, failure] = [...this.failing].find(([pattern]) => isLike(request, pattern)) ?? [];
    if (failure === undefined) return;
    throw failure instanceof SealiftError ? failure : new SealiftError(failure, request, 'as told');
  }
}

/** `*` at the end of a pattern stands for anything. */
function isLike(request: string, pattern: string): boolean {
  return pattern.endsWith('*') ? request.startsWith(pattern.slice(0, -1)) : request === pattern;
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function leafOf(object: KubernetesObject | undefined, path: string): unknown {
  return leavesOf(stripped(object)).get(path);
}

function set(object: KubernetesObject, path: string, value: unknown): KubernetesObject {
  return withLeaf(object, path.split(' '), value) as KubernetesObject;
}

/** Without what is the server's own. */
function stripped(object: KubernetesObject | undefined): Readonly<Record<string, unknown>> {
  const {
    uid: _uid,
    resourceVersion: _version,
    managedFields: _fields,
    ...metadata
  } = object?.metadata ?? { name: '' };
  return { ...object, metadata };
}

function entryOf(entry: Omit<ManagedFields, 'fieldsV1'>, fields: ReadonlySet<string>): ManagedFields {
  return { ...entry, fieldsType: 'FieldsV1', fieldsV1: toFieldsV1(fields) };
}

function lessening(entry: ManagedFields, taken: ReadonlySet<string>): ManagedFields {
  return { ...entry, fieldsV1: toFieldsV1(without(fromFieldsV1(entry.fieldsV1), taken)) };
}
