import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../../test/fakes/fake-clock.ts';
import { FakeStages } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import type { Condition, DesiredState, StateStore } from '../../api/index.ts';
import { compileExpression, type SealiftEvent } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';
import { createMemoryTarget } from '../../target/index.ts';
import { type AgentParts, converge, Engine } from '../index.ts';

const minute = 60_000;

let registry: FakeStages;
let clock: FakeClock;
let state: StateStore;
let events: SealiftEvent[];
let stop: AbortController;

// The first expression loads the library, which takes more turns than a test waits.
beforeAll(async () => void (await compileExpression('true', {}, 'test')));

beforeEach(() => {
  registry = new FakeStages();
  registry.objectsOf.set('base', [configMap('base')]);
  registry.objectsOf.set('top', [configMap('top')]);
  clock = new FakeClock();
  state = createMemoryStateStore();
  events = [];
  stop = new AbortController();
});

afterEach(() => stop.abort());

function parts(): AgentParts {
  return {
    stages: registry.stages,
    target: createMemoryTarget(),
    state,
    clock,
    random: { next: () => 0.5 },
    withdrawAll: true,
    listener: (event) => events.push(event),
  };
}

async function settleAll(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await settle();
}

async function start(desired: DesiredState): Promise<Engine> {
  const engine = new Engine(parts(), desired);
  void engine.run(stop.signal);
  await settleAll();
  return engine;
}

function conditionOf(name: string, type = 'Ready'): Condition | undefined {
  return state.deliveries.find('edge', name)?.status.conditions.find((one) => one.type === type);
}

const baseYaml = (labels = ''): string =>
  deliveryYaml('base', 'app').replace('namespace: edge}', `namespace: edge${labels}}`);

const withExpression = (readyExpr: string, base = baseYaml()): DesiredState =>
  siteOf(
    sourceYaml('app') +
      base +
      deliveryYaml('top', 'app', `  dependsOn: [{name: base, readyExpr: '${readyExpr}'}]`),
  );

const waiting = { status: 'False', reason: 'DependencyNotReady' };

describe('dependsOn', () => {
  it('says in the words of Flux that a dependency is not there', async () => {
    await start(siteOf(sourceYaml('app') + deliveryYaml('top', 'app', '  dependsOn: [{name: base}]')));
    expect(conditionOf('top')).toMatchObject({
      ...waiting,
      message:
        'dependency \'edge/base\' not found: kustomizations.kustomize.toolkit.fluxcd.io "base" not found',
    });
  });

  it('goes on as soon as the missing dependency is there and ready', async () => {
    const top = deliveryYaml('top', 'app', '  dependsOn: [{name: base}]');
    const engine = await start(siteOf(sourceYaml('app') + top));
    engine.replace(siteOf(sourceYaml('app') + top + baseYaml()));
    await settleAll();
    expect(conditionOf('top')?.status).toBe('True');
  });

  it('follows a new revision of a shared source only after its dependency has it', async () => {
    const desired = siteOf(
      sourceYaml('app') + deliveryYaml('top', 'app', '  dependsOn: [{name: base}]') + baseYaml(),
    );
    await start(desired);
    registry.broken.add('base');
    registry.revision = 'v2';
    await clock.advance(minute);
    await settleAll();
    expect(conditionOf('top')).toMatchObject(waiting);
    registry.broken.clear();
    registry.revision = 'v3';
    await clock.advance(minute);
    await settleAll();
    expect(state.deliveries.find('edge', 'top')?.status.lastAppliedRevision).toBe('stable@sha256:v3');
  });
});

describe('readyExpr', () => {
  it('stands in the place of the check for readiness, and is looked at again when the dependency moves', async () => {
    const desired = withExpression('dep.status.lastAppliedRevision == "stable@sha256:v2"');
    await start(desired);
    expect(conditionOf('top')).toMatchObject({
      ...waiting,
      message: "dependency 'edge/base' is not ready according to readyExpr eval",
    });
    registry.revision = 'v2';
    await clock.advance(minute);
    await settleAll();
    expect(conditionOf('top')?.status).toBe('True');
  });

  it('may hold for a dependency that is not ready', async () => {
    registry.broken.add('base');
    await start(withExpression('dep.status.conditions.exists(c, c.type == "Ready" && c.status == "False")'));
    expect([conditionOf('base')?.status, conditionOf('top')?.status]).toEqual(['False', 'True']);
  });

  it('holds by a label that the dependency gets', async () => {
    const expression = 'has(dep.metadata.labels) && dep.metadata.labels["phase"] == self.metadata.name';
    const engine = await start(withExpression(expression));
    expect(conditionOf('top')).toMatchObject(waiting);
    engine.replace(withExpression(expression, baseYaml(', labels: {phase: top}')));
    await settleAll();
    expect(conditionOf('top')?.status).toBe('True');
  });

  it.each([
    ['dep.metadata.generation == dep.status.observedGeneration'],
    ['dep.metadata.?labels[?"phase"].orValue("none") == "none"'],
    ['dep.spec.interval == "10m0s" && dep.spec.sourceRef.name == self.spec.sourceRef.name'],
    ['dep.kind == "Kustomization" && !has(dep.spec.images)'],
    ['dep.status.inventory.entries.exists(e, e.id == "shop_base__ConfigMap")'],
  ])('sees both objects as an API server shows them: %s', async (expression) => {
    await start(withExpression(expression));
    expect(conditionOf('top')?.status).toBe('True');
  });

  it('that reads what is not there waits, and says what', async () => {
    await start(withExpression('dep.metadata.labels["phase"] == "x"'));
    expect(conditionOf('top')).toMatchObject({
      ...waiting,
      message:
        'failed to evaluate the CEL expression \'dep.metadata.labels["phase"] == "x"\': no such key: labels',
    });
  });

  it('that is no CEL is stalled, says where, and is not tried again', async () => {
    await start(withExpression('dep.metadata =='));
    const reason = { reason: 'InvalidCELExpression', observedGeneration: 1 };
    expect(conditionOf('top')).toMatchObject({
      ...reason,
      status: 'False',
      message: expect.stringMatching(
        /failed to evaluate dependency base: failed to parse the CEL expression 'dep.metadata ==': line 1, column 16: /,
      ),
    });
    expect(conditionOf('top', 'Stalled')).toMatchObject({ ...reason, status: 'True' });
    expect(conditionOf('top', 'Reconciling')).toBeUndefined();
    await clock.advance(5 * minute);
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
  });

  it('that would take for ever waits', { timeout: 300_000 }, async () => {
    const entries = Array.from({ length: 300 }, (_, at) => configMap(`m${at}`));
    registry.objectsOf.set('base', entries);
    const entriesOf = 'dep.status.inventory.entries';
    const all = `${entriesOf}.all`;
    await start(withExpression(`${entriesOf}.size() > 0 && ${all}(a, ${all}(b, ${all}(c, a == a)))`));
    expect(conditionOf('top')?.message).toContain('expected an answer within 1000000 looks');
  });
});

describe('deliveries that wait for each other', () => {
  const chain = (links: Readonly<Record<string, string>>): DesiredState =>
    siteOf(
      sourceYaml('app') +
        Object.entries(links)
          .map(([name, on]) => deliveryYaml(name, 'app', on === '' ? '' : `  dependsOn: [{name: ${on}}]`))
          .join(''),
    );

  it('are an error that names the circle, and hold nobody else', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'free']) registry.objectsOf.set(name, [configMap(name)]);
    await start(chain({ a: 'b', b: 'c', c: 'a', d: 'a', free: '' }));
    expect(conditionOf('a')).toMatchObject({
      status: 'False',
      reason: 'CircularDependency',
      message: 'waits for itself: edge/a -> edge/b -> edge/c -> edge/a',
    });
    expect(conditionOf('b')?.message).toContain('edge/b -> edge/c -> edge/a -> edge/b');
    expect(conditionOf('d')).toMatchObject(waiting);
    expect(conditionOf('free')?.status).toBe('True');
  });

  it('are an error of a single pass', async () => {
    const { failures } = await converge(parts(), chain({ a: 'a' }), stop.signal);
    expect(failures.map(({ error }) => error.code)).toEqual(['DEPENDENCY_CYCLE']);
  });

  it('are let go by a new configuration', async () => {
    for (const name of ['a', 'b']) registry.objectsOf.set(name, [configMap(name)]);
    const engine = await start(chain({ a: 'b', b: 'a' }));
    engine.replace(chain({ a: 'b', b: '' }));
    await settleAll();
    expect([conditionOf('a')?.status, conditionOf('b')?.status]).toEqual(['True', 'True']);
  });

  it('are found in any graph, and nothing else is', { timeout: 300_000 }, async () => {
    const graph = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 })), { maxLength: 10 });
    const property = fc.asyncProperty(graph, async (edges) => {
      const names = [0, 1, 2, 3, 4, 5];
      const next = (from: number): number[] => edges.filter(([a]) => a === from).map(([, b]) => b);
      const reach = (from: number): Set<number> => {
        const found = new Set(next(from));
        for (const one of found) for (const more of next(one)) found.add(more);
        return found;
      };
      const dependsOn = (from: number): string =>
        `  dependsOn: [${next(from)
          .map((to) => `{name: n${to}}`)
          .join(', ')}]`;
      const yaml = names.map((name) => deliveryYaml(`n${name}`, 'app', dependsOn(name)));
      for (const name of names) registry.objectsOf.set(`n${name}`, [configMap(`n${name}`)]);
      state = createMemoryStateStore();
      await converge(parts(), siteOf(sourceYaml('app') + yaml.join('')), stop.signal);
      for (const name of names) {
        const inCircle = reach(name).has(name);
        const blocked = inCircle || [...reach(name)].some((one) => reach(one).has(one));
        const reason = conditionOf(`n${name}`)?.reason;
        if (inCircle) expect(reason).toBe('CircularDependency');
        else expect(reason).toBe(blocked ? 'DependencyNotReady' : 'ReconciliationSucceeded');
      }
    });
    await fc.assert(property, { numRuns: 50 });
  });
});
