import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../test/fakes/fake-clock.ts';
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts';
import { createMemoryTraces } from '../../../../test/fakes/memory-traces.ts';
import { configMap } from '../../../../test/fixtures/objects.ts';
import type { Traces } from '../../../api/index.ts';
import type { KubernetesObject, SealiftError, Target, TrialVerdict } from '../../../core/index.ts';
import { apiFailure } from '../client/answers/api-failure.ts';
import { createKubernetesTarget } from '../kubernetes-target.ts';

const idle = new AbortController().signal;
const owner = { name: 'apps', namespace: 'flux-system' };
const random = { next: () => 0.5 };

const service: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { ports: [{ port: 80 }] },
};
const itsTrial = 'try Service/shop/web';

/** As the server says it. */
function said(status: number, message: string, causes: readonly object[] = []): SealiftError {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, details: { causes } };
  return apiFailure({ status, body }, { subject: 'Service/shop/web' });
}

describe('the trial of an object', () => {
  let cluster: FakeCluster;
  let traces: Traces;
  let target: Target;

  beforeEach(() => {
    cluster = new FakeCluster();
    cluster.kinds.add('Service');
    traces = createMemoryTraces();
    target = createKubernetesTarget({
      client: cluster,
      traces,
      clock: new FakeClock(),
      random,
      podsOf: () => undefined,
    });
  });

  const tried = async (object: KubernetesObject, recreate = false): Promise<TrialVerdict | undefined> =>
    target.trials?.verdictOn(object, { recreate }, idle);

  it('asks the server, and makes nothing', async () => {
    expect(await tried(service)).toEqual({ kind: 'accepted' });
    expect(cluster.requests).toEqual([itsTrial]);
    expect(
      cluster.live({ group: '', version: 'v1', kind: 'Service', namespace: 'shop', name: 'web' }),
    ).toBeUndefined();
  });

  it.each([
    [
      'an unknown field',
      said(400, 'failed to create typed patch object: .spec.prots: field not declared in schema'),
    ],
    [
      'a value out of range',
      said(422, 'is invalid', [{ field: 'spec.ports[0].port', message: 'Invalid value: 0' }]),
    ],
    [
      'an immutable field',
      said(422, 'is invalid', [{ field: 'spec.clusterIP', message: 'field is immutable' }]),
    ],
    ['a policy', said(422, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no")],
    ['a webhook', said(403, 'admission webhook "w.test" denied the request: no')],
  ])('is refused for %s, in the words of the server', async (_why, error) => {
    cluster.failing.set(itsTrial, error);
    expect(await tried(service)).toEqual({ kind: 'refused', error });
  });

  it.each([
    ['a webhook that has side effects', said(400, 'admission webhook "w.test" does not support dry run')],
    ['a webhook that is down', said(500, 'failed calling webhook "w.test": connection refused')],
    ['a right that is missing', said(403, 'services is forbidden: User "x" cannot patch')],
    ['a quota', said(403, 'services "web" is forbidden: exceeded quota: q')],
    [
      'a port that may be given back',
      said(422, 'is invalid', [
        {
          field: 'spec.ports[0].nodePort',
          message: 'Invalid value: 30000: provided port is already allocated',
        },
      ]),
    ],
    ['a server that is busy', said(429, 'too many requests')],
  ])('says nothing for %s', async (_why, error) => {
    cluster.failing.set(itsTrial, error);
    expect(await tried(service)).toEqual({ kind: 'undecided' });
  });

  it('says nothing of a kind that is not served yet', async () => {
    cluster.kinds.delete('Service');
    expect(await tried(service)).toEqual({ kind: 'undecided' });
    expect(cluster.requests).toEqual([]);
  });

  it('judges what may be recreated as a new object where it cannot be changed', async () => {
    await target.write(service, { recreate: false }, idle);
    cluster.immutable.add('Service/shop/web');
    const other = { ...service, spec: { ports: [{ port: 81 }] } };
    expect(await tried(other)).toMatchObject({ kind: 'refused', error: { code: 'TARGET_IMMUTABLE' } });
    cluster.failing.set('try Service/shop/sealift-trial-*', 'TARGET_INVALID');
    expect(await tried(other, true)).toMatchObject({ kind: 'refused', error: { code: 'TARGET_INVALID' } });
    cluster.failing.clear();
    expect(await tried(other, true)).toEqual({ kind: 'accepted' });
    expect(await tried(other)).toMatchObject({ kind: 'refused' });
  });

  it('asks nothing about what the server has taken before, as after a deletion', async () => {
    await target.write(service, { recreate: false }, idle);
    cluster.take({ group: '', version: 'v1', kind: 'Service', namespace: 'shop', name: 'web' });
    cluster.requests.length = 0;
    expect(await tried(service)).toEqual({ kind: 'accepted' });
    expect(cluster.requests).toEqual([]);
  });

  it('asks once about what is accepted, until it is written, asked for otherwise, or a definition comes', async () => {
    const ask = async (object: KubernetesObject, recreate = false): Promise<number> => {
      cluster.requests.length = 0;
      expect(await tried(object, recreate)).toEqual({ kind: 'accepted' });
      return cluster.requests.length;
    };
    expect([await ask(service), await ask(service)]).toEqual([1, 0]);
    expect([await ask(service, true), await ask(service, true)]).toEqual([1, 0]);
    const other = { ...service, spec: { ports: [{ port: 81 }] } };
    expect([await ask(other), await ask(other)]).toEqual([1, 0]);
    cluster.failing.set('apply Service/shop/web', 'TARGET_QUOTA');
    await expect(target.write(other, { recreate: false }, idle)).rejects.toThrow();
    expect([await ask(other), await ask(other)]).toEqual([1, 0]);
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'gadgets.example.com' },
    };
    cluster.failing.set('apply CustomResourceDefinition*', 'TARGET_QUOTA');
    await expect(target.write(definition, { recreate: false }, idle)).rejects.toThrow();
    expect(await ask(other)).toBe(1);
  });

  it('asks nothing about a plain object, but where it may be immutable there', async () => {
    expect(await tried(configMap('one', { owner }))).toEqual({ kind: 'accepted' });
    expect(cluster.requests).toEqual([]);
    const immutable = { ...configMap('one', { owner }), immutable: true };
    await tried(immutable);
    expect(cluster.requests).toEqual(['try ConfigMap/shop/one']);
    await target.observe(
      { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'one' },
      undefined,
      idle,
    );
    cluster.requests.length = 0;
    await tried(immutable);
    expect(cluster.requests).toEqual([]);
  });
});
