import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { AgentSite, forEachTest } from '../../../test/fixtures/agent-site.ts';
import type { DesiredState } from '../../api/index.ts';
import { compileExpression } from '../../core/index.ts';
import { createMemoryStateStore } from '../../site/index.ts';

const minute = 60_000;

const agent = forEachTest(new AgentSite());

beforeEach(() => {
  agent.registry.objectsOf.set('base', [configMap('base')]);
  agent.registry.objectsOf.set('top', [configMap('top')]);
});

// The first expression loads the library, which takes more turns than a test waits.
beforeAll(async () => void (await compileExpression('true', {}, 'test')));

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
    await agent.start(siteOf(sourceYaml('app') + deliveryYaml('top', 'app', '  dependsOn: [{name: base}]')));
    expect(agent.condition('Ready', 'top')).toMatchObject({
      ...waiting,
      message:
        'dependency \'edge/base\' not found: kustomizations.kustomize.toolkit.fluxcd.io "base" not found',
    });
  });

  it('goes on as soon as the missing dependency is there and ready', async () => {
    const top = deliveryYaml('top', 'app', '  dependsOn: [{name: base}]');
    await agent.start(siteOf(sourceYaml('app') + top));
    await agent.replace(siteOf(sourceYaml('app') + top + baseYaml()));
    expect(agent.condition('Ready', 'top')?.status).toBe('True');
  });

  it('follows a new revision of a shared source only after its dependency has it', async () => {
    const desired = siteOf(
      sourceYaml('app') + deliveryYaml('top', 'app', '  dependsOn: [{name: base}]') + baseYaml(),
    );
    await agent.start(desired);
    agent.registry.broken.add('base');
    agent.registry.revision = 'v2';
    await agent.pass(minute);
    expect(agent.condition('Ready', 'top')).toMatchObject(waiting);
    agent.registry.broken.clear();
    agent.registry.revision = 'v3';
    await agent.pass(minute);
    expect(agent.state.deliveries.find('edge', 'top')?.status.lastAppliedRevision).toBe('stable@sha256:v3');
  });
});

describe('readyExpr', () => {
  it('stands in the place of the check for readiness, and is looked at again when the dependency moves', async () => {
    const desired = withExpression('dep.status.lastAppliedRevision == "stable@sha256:v2"');
    await agent.start(desired);
    expect(agent.condition('Ready', 'top')).toMatchObject({
      ...waiting,
      message: "dependency 'edge/base' is not ready according to readyExpr eval",
    });
    agent.registry.revision = 'v2';
    await agent.pass(minute);
    expect(agent.condition('Ready', 'top')?.status).toBe('True');
  });

  it('may hold for a dependency that is not ready', async () => {
    agent.registry.broken.add('base');
    await agent.start(
      withExpression('dep.status.conditions.exists(c, c.type == "Ready" && c.status == "False")'),
    );
    expect([agent.condition('Ready', 'base')?.status, agent.condition('Ready', 'top')?.status]).toEqual([
      'False',
      'True',
    ]);
  });

  it('holds by a label that the dependency gets', async () => {
    const expression = 'has(dep.metadata.labels) && dep.metadata.labels["phase"] == self.metadata.name';
    await agent.start(withExpression(expression));
    expect(agent.condition('Ready', 'top')).toMatchObject(waiting);
    await agent.replace(withExpression(expression, baseYaml(', labels: {phase: top}')));
    expect(agent.condition('Ready', 'top')?.status).toBe('True');
  });

  it.each([
    ['dep.metadata.generation == dep.status.observedGeneration'],
    ['dep.metadata.?labels[?"phase"].orValue("none") == "none"'],
    ['dep.spec.interval == "10m0s" && dep.spec.sourceRef.name == self.spec.sourceRef.name'],
    ['dep.kind == "Kustomization" && !has(dep.spec.images)'],
    ['dep.status.inventory.entries.exists(e, e.id == "shop_base__ConfigMap")'],
  ])('sees both objects as an API server shows them: %s', async (expression) => {
    await agent.start(withExpression(expression));
    expect(agent.condition('Ready', 'top')?.status).toBe('True');
  });

  it('that reads what is not there waits, and says what', async () => {
    await agent.start(withExpression('dep.metadata.labels["phase"] == "x"'));
    expect(agent.condition('Ready', 'top')).toMatchObject({
      ...waiting,
      message:
        'failed to evaluate the CEL expression \'dep.metadata.labels["phase"] == "x"\': no such key: labels',
    });
  });

  it('that is no CEL is stalled, says where, and is not tried again', async () => {
    await agent.start(withExpression('dep.metadata =='));
    const reason = { reason: 'InvalidCELExpression', observedGeneration: 1 };
    expect(agent.condition('Ready', 'top')).toMatchObject({
      ...reason,
      status: 'False',
      message: expect.stringMatching(
        /failed to evaluate dependency base: failed to parse the CEL expression 'dep.metadata ==': line 1, column 16: /,
      ),
    });
    expect(agent.condition('Stalled', 'top')).toMatchObject({ ...reason, status: 'True' });
    expect(agent.condition('Reconciling', 'top')).toBeUndefined();
    await agent.clock.advance(5 * minute);
    expect(agent.events.filter(({ kind }) => kind === 'failed')).toHaveLength(1);
  });

  it('that would take for ever waits', { timeout: 300_000 }, async () => {
    const entries = Array.from({ length: 300 }, (_, at) => configMap(`m${at}`));
    agent.registry.objectsOf.set('base', entries);
    const entriesOf = 'dep.status.inventory.entries';
    const all = `${entriesOf}.all`;
    await agent.start(withExpression(`${entriesOf}.size() > 0 && ${all}(a, ${all}(b, ${all}(c, a == a)))`));
    expect(agent.condition('Ready', 'top')?.message).toContain('expected an answer within 1000000 looks');
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
    for (const name of ['a', 'b', 'c', 'd', 'free']) agent.registry.objectsOf.set(name, [configMap(name)]);
    await agent.start(chain({ a: 'b', b: 'c', c: 'a', d: 'a', free: '' }));
    expect(agent.condition('Ready', 'a')).toMatchObject({
      status: 'False',
      reason: 'CircularDependency',
      message: 'waits for itself: edge/a -> edge/b -> edge/c -> edge/a',
    });
    expect(agent.condition('Ready', 'b')?.message).toContain('edge/b -> edge/c -> edge/a -> edge/b');
    expect(agent.condition('Ready', 'd')).toMatchObject(waiting);
    expect(agent.condition('Ready', 'free')?.status).toBe('True');
  });

  it('are an error of a single pass', async () => {
    const { failures } = await agent.converge(chain({ a: 'a' }));
    expect(failures.map(({ error }) => error.code)).toEqual(['DEPENDENCY_CYCLE']);
  });

  it('are let go by a new configuration', async () => {
    for (const name of ['a', 'b']) agent.registry.objectsOf.set(name, [configMap(name)]);
    await agent.start(chain({ a: 'b', b: 'a' }));
    await agent.replace(chain({ a: 'b', b: '' }));
    expect([agent.condition('Ready', 'a')?.status, agent.condition('Ready', 'b')?.status]).toEqual([
      'True',
      'True',
    ]);
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
      for (const name of names) agent.registry.objectsOf.set(`n${name}`, [configMap(`n${name}`)]);
      agent.state = createMemoryStateStore();
      await agent.converge(siteOf(sourceYaml('app') + yaml.join('')));
      for (const name of names) {
        const inCircle = reach(name).has(name);
        const blocked = inCircle || [...reach(name)].some((one) => reach(one).has(one));
        const reason = agent.ready(`n${name}`);
        if (inCircle) expect(reason).toBe('CircularDependency');
        else expect(reason).toBe(blocked ? 'DependencyNotReady' : 'ReconciliationSucceeded');
      }
    });
    await fc.assert(property, { numRuns: 50 });
  });
});
