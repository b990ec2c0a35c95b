import { describe, expect, it } from 'vitest';
import { registryDown } from '../../../test/fakes/fake-stages.ts';
import { configMap, deliveryYaml, siteOf, sourceYaml } from '../../../test/fakes/site.ts';
import { AppSite, forEachTest } from '../../../test/fixtures/agent-site.ts';
import { refOf } from '../../core/index.ts';
import { createMemoryTarget } from '../../target/index.ts';

const second = 1_000;
const minute = 60 * second;

const agent = forEachTest(new AppSite());
const delivered = (): readonly string[] => agent.delivered('a', 'b', 'c', 'evil');

const strictPolicy = `---
apiVersion: sealift.dev/v1alpha1
kind: VerificationPolicy
metadata: {name: strict, namespace: edge}
spec:
  match: {repositories: ["registry.example/**"]}
  authorities: [{name: nobody, key: {data: x}}]
`;

describe('what is accepted', () => {
  it('keeps what is delivered when a new revision is refused, and takes it as soon as it is signed', async () => {
    await agent.start();
    agent.registry.revision = 'v2';
    agent.registry.verdict = 'refused';
    agent.registry.objects = [configMap('evil')];
    await agent.clock.advance(minute);
    expect(delivered()).toEqual(['a', 'b']);
    expect(
      agent.state.sources.all()[0]?.status.conditions.find(({ type }) => type === 'SourceVerified')?.status,
    ).toBe('False');
    agent.registry.verdict = 'accepted';
    await agent.pass(minute);
    expect(delivered()).toEqual(['evil']);
  });

  it('verifies what is in force again when a policy changes, and does not tear it down when it no longer holds', async () => {
    await agent.start();
    agent.registry.verdict = 'refused';
    await agent.replace(
      siteOf(`${sourceYaml('app')}${deliveryYaml('app', 'app')}---
apiVersion: sealift.dev/v1alpha1
kind: VerificationPolicy
metadata: {name: strict, namespace: edge}
spec:
  match: {repositories: ["registry.example/**"]}
  authorities: [{name: nobody, key: {data: x}}]
`),
    );
    expect(agent.registry.calls.verify).toBe(2);
    expect(delivered()).toEqual(['a', 'b']);
    expect(agent.events.at(-1)).toMatchObject({ kind: 'failed', code: 'SIGNATURE_MISSING' });
  });

  it('applies nothing any more from a revision that is no longer accepted, and says so', async () => {
    await agent.start();
    agent.registry.verdict = 'refused';
    await agent.replace(siteOf(sourceYaml('app') + deliveryYaml('app', 'app') + strictPolicy));
    await agent.replace(
      siteOf(sourceYaml('app') + deliveryYaml('app', 'app') + deliveryYaml('late', 'app') + strictPolicy),
    );
    agent.target.edit(refOf(configMap('a')), undefined);
    await agent.settle();
    expect(delivered()).toEqual(['b']);
    expect([agent.ready(), agent.ready('late')]).toEqual(['ArtifactFailed', 'ArtifactFailed']);
    agent.registry.verdict = 'accepted';
    await agent.pass(minute);
    expect(delivered()).toEqual(['a', 'b']);
  });

  it('writes nothing from a revision that the policies of now have not judged, on a restart either', async () => {
    await agent.start();
    await agent.end();
    agent.registry.failing.set('verify', registryDown());
    agent.registry.failing.set('judge', registryDown());
    agent.target = createMemoryTarget();
    await agent.start(siteOf(sourceYaml('app') + deliveryYaml('app', 'app') + strictPolicy));
    expect(delivered()).toEqual([]);
    agent.registry.failing.clear();
    await agent.pass(minute);
    expect(delivered()).toEqual(['a', 'b']);
  });

  it.each<[string, readonly string[] | undefined]>([
    ['and none is left', undefined],
    ['and one is left that lets everything through', ['VerificationPolicy/default/denials']],
  ])(
    'refuses to go on unsigned when the policy is gone that asked %s, unless the source says that it may',
    async (_, left) => {
      agent.registry.letThroughBy = left;
      const signed = sourceYaml('app') + deliveryYaml('app', 'app');
      await agent.start(siteOf(signed + strictPolicy));
      agent.registry.verdict = 'not-required';
      agent.registry.revision = 'v2';
      agent.registry.objects = [configMap('evil')];
      await agent.replace(siteOf(signed));
      expect(delivered()).toEqual(['a', 'b']);
      expect(agent.events.findLast(({ kind }) => kind === 'failed')).toMatchObject({
        code: 'POLICY_NO_MATCH',
      });
      const allowed = signed.replace(
        'namespace: edge}',
        'namespace: edge, annotations: {sealift.dev/allow-unsigned: "true"}}',
      );
      await agent.replace(siteOf(allowed));
      expect(delivered()).toEqual(['evil']);
    },
  );

  it('goes on unsigned when the policy that asked for a signature asks for none any more', async () => {
    const signed = sourceYaml('app') + deliveryYaml('app', 'app');
    await agent.start(siteOf(signed + strictPolicy));
    agent.registry.verdict = 'not-required';
    agent.registry.letThroughBy = [
      'VerificationPolicy/default/denials',
      'VerificationPolicy/default/release',
    ];
    agent.registry.revision = 'v2';
    agent.registry.objects = [configMap('c')];
    await agent.replace(siteOf(signed));
    expect(delivered()).toEqual(['c']);
  });
});
