import { beforeEach, describe, expect, it } from 'vitest';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { AgentSite, forEachTest } from '../../../test/fixtures/agent-site.ts';

const minute = 60_000;
const site = forEachTest(new AgentSite());

/** `old` has `one` and `two`, both in the namespace `shop`. */
beforeEach(async () => {
  site.registry.objectsOf.set('old', [configMap('one'), configMap('two')]);
  site.registry.objectsOf.set('new', [configMap('one')]);
  await site.start(siteOf(sourceYaml('app') + deliveryYaml('old', 'app')));
});

/** `old` is taken out of the configuration, and `new` put into it. */
async function rename(spec = '', source = 'app'): Promise<void> {
  site.events.length = 0;
  await site.replace(siteOf(sourceYaml('app') + sourceYaml('more') + deliveryYaml('new', source, spec)));
}

function told(): readonly unknown[] {
  return site.events.filter(({ kind }) => kind === 'deletion-waits');
}

describe('a delivery that leaves while one that never was applied does not build', () => {
  beforeEach(() => site.registry.broken.add('new'));

  it('leaves its objects, which may be taken over, and says who is waited for', async () => {
    await rename();
    expect(site.delivered('one', 'two')).toEqual(['one', 'two']);
    expect(site.condition('DeletionWaits', 'old')).toMatchObject({
      status: 'True',
      reason: 'ClaimsUnknown',
      message: [
        'Kustomization/edge/new may take over what is to go: it does not build (YAML_MALFORMED)',
        'ConfigMap/shop/two stays until that is known',
        'ConfigMap/shop/one stays until that is known',
      ].join('\n'),
    });
  });

  it('tells that once, however long it takes', async () => {
    await rename();
    await site.pass(60 * minute);
    expect(told()).toMatchObject([
      {
        subject: { kind: 'Kustomization', name: 'old' },
        message: expect.stringMatching(/^Kustomization\/edge\/new may take over/),
      },
    ]);
    expect(site.events.filter(({ kind }) => kind === 'object-changed')).toEqual([]);
  });

  it('is forgotten as soon as that one builds: what it asks for is its own, what nobody asks for goes', async () => {
    await rename();
    site.registry.broken.clear();
    await site.pass(30 * minute);
    expect(site.delivered('one', 'two')).toEqual(['one']);
    expect(site.state.deliveries.all().map(({ name }) => name)).toEqual(['new']);
  });

  it('does not wait for one whose objects are all in another namespace', async () => {
    await rename('  targetNamespace: yard');
    expect(site.delivered('one', 'two')).toEqual([]);
    expect(told()).toEqual([]);
  });

  it('waits for one whose objects are all in this namespace', async () => {
    await rename('  targetNamespace: shop');
    expect(site.delivered('one', 'two')).toEqual(['one', 'two']);
  });

  it('does not wait for one that is suspended, and ends to wait when it is', async () => {
    await rename();
    await rename('  suspend: true');
    expect(site.delivered('one', 'two')).toEqual([]);
  });
});

describe('a delivery that leaves while one that never was applied has nothing to build', () => {
  beforeEach(() => {
    site.registry.verdict = 'refused';
  });

  it('says that its source has nothing in force', async () => {
    await rename('', 'more');
    expect(site.condition('DeletionWaits', 'old')?.message).toContain(
      'Kustomization/edge/new may take over what is to go: it has no accepted artifact in force\n',
    );
  });

  it('does not wait for one that is suspended', async () => {
    await rename('  suspend: true', 'more');
    expect(site.delivered('one', 'two')).toEqual([]);
  });
});

describe('an object that left the build while another delivery of the source does not build', () => {
  const both = siteOf(sourceYaml('app') + deliveryYaml('old', 'app') + deliveryYaml('new', 'app'));

  it('stays, and its delivery says so beside being ready, until that one builds', async () => {
    await site.replace(both);
    site.registry.broken.add('new');
    site.registry.objectsOf.set('old', [configMap('one')]);
    site.registry.objectsOf.set('new', [configMap('three')]);
    site.registry.revision = 'v2';
    await site.pass(minute);
    expect([site.ready('old'), site.delivered('two')]).toEqual(['ReconciliationSucceeded', ['two']]);
    expect(site.condition('DeletionWaits', 'old')?.message).toContain('Kustomization/edge/new may take over');
    site.registry.broken.clear();
    await site.pass(30 * minute);
    expect([site.condition('DeletionWaits', 'old'), site.delivered('two')]).toEqual([undefined, []]);
  });
});
