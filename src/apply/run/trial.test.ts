import { describe, expect, it } from 'vitest';
import { configMap } from '../../../test/fixtures/objects.ts';
import { us } from '../../../test/fixtures/plan-one.ts';
import { type InventoryEntry, inventoryId, toInventoryEntry } from '../../api/index.ts';
import {
  type ErrorCode,
  formatRef,
  type KubernetesObject,
  type Observation,
  refOf,
  SealiftError,
  type Target,
} from '../../core/index.ts';
import { applyPlan, markOwned, observeDelivery, planDelivery, tryPlan } from '../index.ts';

const never = new AbortController().signal;

function object(apiVersion: string, kind: string, name: string, namespace?: string): KubernetesObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

const deployment = (name: string, namespace = 'old'): KubernetesObject =>
  object('apps/v1', 'Deployment', name, namespace);
const namespace = object('v1', 'Namespace', 'new');
const definition = {
  ...object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'gadgets.example.com'),
  spec: { group: 'example.com', names: { kind: 'Gadget', plural: 'gadgets' } },
};
const gadget = object('example.com/v1', 'Gadget', 'one', 'old');
const storageClass = object('storage.k8s.io/v1', 'StorageClass', 'fast');
const policy = object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'limits');

/** What a trial is answered, by `Kind/namespace/name`; all else is accepted. */
type Answers = Readonly<Record<string, ErrorCode | 'undecided' | 'silence'>>;

interface Scene {
  readonly build: readonly KubernetesObject[];
  readonly answers?: Answers;
  /** Writes that fail. */
  readonly failing?: readonly string[];
  /** Live and ours: what of it is in the build is stale, what is not is pruned. */
  readonly live?: readonly KubernetesObject[];
  readonly inventory?: readonly InventoryEntry[];
  readonly force?: boolean;
  readonly fine?: boolean;
  readonly theirs?: readonly KubernetesObject[];
  readonly signal?: AbortSignal;
  readonly parallelWrites?: number;
  /** Called when something is tried. */
  readonly tried?: () => void;
}

/** One run, with all that the target was asked. */
class Run {
  readonly log: string[] = [];
  readonly recorded: string[][] = [];
  error: unknown;
  mostTrials = 0;

  async play(scene: Scene): Promise<this> {
    const { build, live = [], inventory = live.map((one) => toInventoryEntry(refOf(one))) } = scene;
    const target = this.#target(scene);
    const objects = markOwned(build, us);
    const observations = await observeDelivery(target, objects, inventory, never);
    const delivery = { owner: us, prune: true, force: scene.force === true, mayShrink: true };
    const plan = planDelivery({ objects, inventory, observations, delivery });
    const recordInventory = async (entries: readonly InventoryEntry[]): Promise<void> => {
      this.log.push('record');
      this.recorded.push(
        entries.map(({ id, attempted }) => `${id}${attempted === true ? ' attempted' : ''}`),
      );
    };
    const hooks = { recordInventory, changed: () => undefined };
    await applyPlan(target, plan, hooks, scene.signal ?? never).catch((thrown) => {
      this.error = thrown;
    });
    return this;
  }

  #target({ answers = {}, failing = [], live = [], theirs = [], fine = false, ...scene }: Scene): Target {
    const there = new Map([...live, ...theirs].map((one) => [inventoryId(refOf(one)), one]));
    let running = 0;
    return {
      description: 'judging target',
      ...(scene.parallelWrites === undefined ? {} : { parallelWrites: scene.parallelWrites }),
      observe: async (ref): Promise<Observation> => {
        const found = there.get(inventoryId(ref));
        if (found === undefined) return { kind: 'absent' };
        const owner = theirs.includes(found) ? undefined : us;
        return { kind: 'present', owner, matches: fine, marks: found.metadata, live: found };
      },
      trials: {
        verdictOn: async (one, { recreate }, signal) => {
          signal.throwIfAborted();
          running += 1;
          this.mostTrials = Math.max(this.mostTrials, running);
          const name = formatRef(refOf(one));
          this.log.push(`${recreate ? 'try or recreate' : 'try'} ${name}`);
          for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
          running -= 1;
          scene.tried?.();
          const answer = answers[name];
          if (answer === undefined) return { kind: 'accepted' };
          if (answer === 'undecided') return { kind: 'undecided' };
          if (answer === 'silence') throw new SealiftError('TARGET_UNREACHABLE', name, 'connection refused');
          return { kind: 'refused', error: new SealiftError(answer, name, 'spec.size: too large') };
        },
      },
      write: async (one) => {
        const name = formatRef(refOf(one));
        this.log.push(`write ${name}`);
        if (failing.includes(name)) throw new SealiftError('TARGET_QUOTA', name, 'exceeded quota: q');
      },
      remove: async (ref) => {
        this.log.push(`remove ${formatRef(ref)}`);
        return undefined;
      },
      watch: async () => undefined,
    };
  }
}

/** Refuses all but Namespaces. */
const judge: Target = {
  description: 'strict target',
  observe: async () => ({ kind: 'absent' }),
  trials: {
    verdictOn: async (one) =>
      one.kind === 'Namespace'
        ? { kind: 'accepted' }
        : {
            kind: 'refused',
            error: new SealiftError('TARGET_INVALID', one.metadata.name, 'spec.size: too large'),
          },
  },
  write: async () => undefined,
  remove: async () => undefined,
  watch: async () => undefined,
};

const play = (scene: Scene): Promise<Run> => new Run().play(scene);

describe('the trial before the first write', () => {
  it('comes before all writes, as many objects at once as writes', async () => {
    const build = Array.from({ length: 10 }, (_, at) => deployment(`d${at}`));
    const run = await play({ build, parallelWrites: 4 });
    expect(run.log.findLastIndex((line) => line.startsWith('try'))).toBeLessThan(run.log.indexOf('record'));
    expect(run.log.filter((line) => line.startsWith('write'))).toHaveLength(10);
    expect([run.mostTrials, run.error]).toEqual([4, undefined]);
  });

  it('keeps everything as it was where one object is invalid: nothing is written, pruned or recorded', async () => {
    const run = await play({
      build: [namespace, configMap('a'), deployment('bad'), deployment('stale')],
      live: [deployment('stale'), configMap('gone')],
      answers: { 'Deployment/old/bad': 'TARGET_INVALID' },
    });
    expect(run.log.filter((line) => !line.startsWith('try'))).toEqual([]);
    expect(run.error).toMatchObject({
      code: 'TARGET_INVALID',
      message:
        'judging target: 1 object could not be delivered: Deployment/old/bad spec.size: too large; ' +
        'writes that wait until no object is refused: 3; deletions that wait until every write is through: 1',
    });
  });

  it('names all that is refused together, with what is not ours, in the order of the plan', async () => {
    const run = await play({
      build: [deployment('a'), configMap('foreign'), deployment('b')],
      theirs: [configMap('foreign')],
      answers: { 'Deployment/old/a': 'TARGET_INVALID', 'Deployment/old/b': 'TARGET_IMMUTABLE' },
    });
    expect(run.error).toMatchObject({ code: 'TARGET_INVALID', cause: expect.any(AggregateError) });
    expect(String(run.error)).toMatch(
      /3 objects .*Deployment\/old\/a .*ConfigMap\/shop\/foreign .*Deployment\/old\/b /,
    );
  });

  it.each([
    ['a Namespace', namespace, deployment('bad', 'new')],
    ['a definition', definition, gadget],
  ])('of what needs %s of the same plan comes once that is there', async (_what, needed, needy) => {
    const [name, before] = [formatRef(refOf(needy)), formatRef(refOf(needed))];
    const run = await play({
      build: [needed, needy, deployment('good')],
      answers: { [name]: 'TARGET_INVALID' },
      live: [configMap('gone')],
    });
    expect(run.log).toEqual([
      `try ${before}`,
      'try Deployment/old/good',
      'record',
      `write ${before}`,
      `try ${name}`,
      'record',
    ]);
    const ids = [inventoryId(refOf(needed)), inventoryId(refOf(configMap('gone')))];
    expect(run.recorded.at(-1)).toEqual(ids);
    expect(String(run.error)).toContain('writes that wait until no object is refused: 1');
  });

  it.each(['undecided', 'silence'] as const)(
    'leaves to the write what nobody tells (%s), after another trial when its stage begins',
    async (answer) => {
      const answers = { 'Deployment/old/a': answer, 'StorageClass/fast': answer };
      const run = await play({ build: [storageClass, deployment('a')], answers });
      expect(run.log.filter((line) => line !== 'record')).toEqual([
        'try StorageClass/fast',
        'try Deployment/old/a',
        'write StorageClass/fast',
        'try Deployment/old/a',
        'write Deployment/old/a',
      ]);
    },
  );

  it('is left out where there is one write, and where there is none', async () => {
    const one = await play({ build: [deployment('a')], answers: { 'Deployment/old/a': 'TARGET_INVALID' } });
    expect(one.log).toEqual(['record', 'write Deployment/old/a', 'record']);
    const none = await play({
      build: [deployment('a'), deployment('b')],
      live: [deployment('a'), deployment('b')],
      fine: true,
    });
    expect(none.log).toEqual([]);
  });

  it('is told where an object may be recreated', async () => {
    const run = await play({
      build: [deployment('a'), deployment('b')],
      live: [deployment('a')],
      force: true,
    });
    expect(run.log).toEqual(
      expect.arrayContaining(['try or recreate Deployment/old/a', 'try Deployment/old/b']),
    );
  });

  it('takes a denial by admission for final only when its stage begins: what admission goes by may come before', async () => {
    const answers = { 'Deployment/old/a': 'TARGET_ADMISSION_DENIED' } as const;
    const run = await play({ build: [storageClass, deployment('a'), deployment('b')], answers });
    expect(run.log.filter((line) => line.startsWith('write'))).toEqual(['write StorageClass/fast']);
    expect(run.log.filter((line) => line === 'try Deployment/old/a')).toHaveLength(2);
    expect(run.error).toMatchObject({ code: 'TARGET_ADMISSION_DENIED' });
  });

  it('leaves a denial by admission to the write where a policy is written too', async () => {
    const answers = { 'Deployment/old/a': 'TARGET_ADMISSION_DENIED' } as const;
    const run = await play({ build: [policy, deployment('a')], answers });
    expect(run.log).toContain('write Deployment/old/a');
    expect(run.error).toBeUndefined();
  });

  it('does not ask for what waits for an object that could not be written', async () => {
    const run = await play({
      build: [definition, gadget, deployment('a')],
      failing: [formatRef(refOf(definition))],
      answers: { 'Gadget/old/one': 'TARGET_INVALID' },
    });
    expect(run.log).not.toContain('try Gadget/old/one');
    expect(run.log).toContain('write Deployment/old/a');
    expect(String(run.error)).toContain(
      'objects that wait for CustomResourceDefinition/gadgets.example.com: 1',
    );
  });

  it('holds nothing for a write that fails though its trial was accepted', async () => {
    const run = await play({ build: [deployment('a'), deployment('b')], failing: ['Deployment/old/a'] });
    expect(run.log).toContain('write Deployment/old/b');
    expect(run.error).toMatchObject({ code: 'TARGET_QUOTA' });
  });

  it('keeps what was attempted before in the inventory, as attempted', async () => {
    const before = { ...toInventoryEntry(refOf(deployment('a'))), attempted: true as const };
    const run = await play({
      build: [deployment('a'), deployment('bad'), configMap('fine')],
      inventory: [before, toInventoryEntry(refOf(configMap('fine')))],
      answers: { 'Deployment/old/bad': 'TARGET_INVALID' },
    });
    expect(run.recorded).toEqual([
      [`${before.id} attempted`, `${inventoryId(refOf(configMap('fine')))} attempted`],
    ]);
  });

  it('ends with the reason of the signal', async () => {
    const stop = new AbortController();
    const run = await play({
      build: [deployment('a'), deployment('b')],
      signal: stop.signal,
      tried: () => stop.abort(new Error('shutdown')),
    });
    expect([run.log, String(run.error)]).toEqual([['try Deployment/old/a'], 'Error: shutdown']);
  });
});

describe('a plan that is tried', () => {
  it('has as refused what the target would refuse, in its words, be it the only one', async () => {
    const objects = markOwned([namespace, deployment('bad'), deployment('later', 'new')], us);
    const observations = await observeDelivery(judge, objects, [], never);
    const delivery = { owner: us, prune: true, force: false };
    const plan = planDelivery({ objects, inventory: [], observations, delivery });
    const { applies } = await tryPlan(judge, plan, never);
    expect(applies.map(({ kind }) => kind)).toEqual(['create', 'refuse', 'create']);
    expect(applies[1]).toMatchObject({ reason: 'refused-by-target', detail: 'spec.size: too large' });
  });
});
