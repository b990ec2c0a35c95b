import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../src/core/index.ts';
import type { KubernetesClient } from '../../src/target/index.ts';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { clientBench, failing, forced, listed } from './harness/client-bench.ts';
import type { Cluster } from './harness/cluster.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import type { ClusterUser } from './harness/cluster-user.ts';

describeWithPeers('the client of a Kubernetes API', clusterPrograms, () => {
  const { now, clientOf, configMap, mapNamed } = clientBench();
  let cluster: Cluster;
  let admin: ClusterUser;
  let client: KubernetesClient;
  let namespace: string;
  let signal: AbortSignal;

  beforeEach(() => {
    ({ cluster, admin, client, namespace, signal } = now());
  });

  describe('knows kinds', () => {
    const group = (): string => `${namespace}.test`;
    const definition = (versions: readonly object[]): KubernetesObject => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `things.${group()}` },
      spec: { group: group(), scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions },
    });
    const versionOf = (name: string, served = true) => ({
      name,
      served,
      storage: name === 'v1',
      schema: {
        openAPIV3Schema: {
          type: 'object',
          properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
        },
      },
    });
    const thing = (version: string, spec: object): KubernetesObject => ({
      apiVersion: `${group()}/${version}`,
      kind: 'Thing',
      metadata: { name: 'a', namespace },
      spec,
    });
    const thingRef = (version: string) => ({ group: group(), version, kind: 'Thing', namespace, name: 'a' });
    const definitionRef = () => ({
      group: 'apiextensions.k8s.io',
      version: 'v1',
      kind: 'CustomResourceDefinition',
      namespace: '',
      name: `things.${group()}`,
    });

    afterEach(async () => {
      await admin.tryKubectl('delete', 'crd', `things.${group()}`, '--timeout=50s');
    });

    it('that are defined on the way, and no more when they are gone', async () => {
      expect(await client.resourceOf(thingRef('v1'), signal)).toBeUndefined();
      await client.apply(definition([versionOf('v1')]), forced, signal);
      await expect
        .poll(() => client.resourceOf(thingRef('v1'), signal))
        .toEqual({
          group: group(),
          version: 'v1',
          kind: 'Thing',
          plural: 'things',
          namespaced: true,
          watchable: true,
        });
      const { object } = await client.apply(thing('v1', { size: 1 }), forced, signal);
      expect(await client.get(thingRef('v1'), signal)).toEqual(object);
      const unknown = client.apply(thing('v1', { size: 1, colour: 'red' }), forced, signal);
      await expect(unknown).rejects.toEqual(failing('TARGET_INVALID', '.spec.colour'));

      await client.remove(definitionRef(), {}, signal);
      await admin.kubectl('wait', `crd/things.${group()}`, '--for=delete', '--timeout=50s');
      // It finds out by itself, and says it as often as it is asked.
      const applied = () =>
        client.apply(thing('v1', { size: 1 }), forced, signal).catch((error: unknown) => error);
      await expect.poll(applied).toEqual(failing('TARGET_KIND_UNKNOWN'));
      await expect(client.get(thingRef('v1'), signal)).rejects.toEqual(failing('TARGET_KIND_UNKNOWN'));
    });

    it('in another version, where the one that is meant is no longer served', async () => {
      await client.apply(definition([versionOf('v1beta1'), versionOf('v1')]), forced, signal);
      await expect.poll(() => client.resourceOf(thingRef('v1beta1'), signal)).toBeDefined();
      await client.apply(thing('v1beta1', { size: 1 }), forced, signal);
      await client.apply(definition([versionOf('v1beta1', false), versionOf('v1')]), forced, signal);
      // It finds out by itself.
      const read = () => client.get(thingRef('v1beta1'), signal);
      await expect.poll(read).toMatchObject({ apiVersion: `${group()}/v1` });
      expect(await client.resourceOf(thingRef('v1beta1'), signal)).toBeUndefined();
      await client.remove(thingRef('v1beta1'), {}, signal);
      await expect.poll(() => client.get(thingRef('v1'), signal)).toBeUndefined();
    });

    it('with one request for all that ask at the same time', async () => {
      const user = await cluster.createUser(namespace, 'view');
      const mine = await clientOf(user);
      const mark = await cluster.audit.mark();
      await Promise.all(Array.from({ length: 20 }, () => mine.get(mapNamed('a'), signal)));
      const seen = (await cluster.audit.since(mark)).filter((entry) => entry.user.username === user.name);
      expect(seen.filter(({ requestURI }) => requestURI === '/api/v1')).toHaveLength(1);
      expect(seen).toHaveLength(21);
      expect(new Set(seen.map(({ userAgent }) => userAgent))).toEqual(new Set(['sealift/test']));
    });
  });

  describe('follows', () => {
    it('the metadata of a kind: what is there, by pages, and what changes', async () => {
      const names = Array.from({ length: 40 }, (_, at) => `many-${at}`).sort();
      await Promise.all(
        names.map((name) => client.apply(configMap(name, { x: 'y'.repeat(100) }), forced, signal)),
      );
      const before = await listed(client, mapNamed(''), namespace, signal);
      expect(before.names.filter((name) => name.startsWith('many-')).sort()).toEqual(names);
      const [first] = before.pages[0]?.items ?? [];
      expect(first?.managedFields).toHaveLength(1);
      expect(JSON.stringify(before.pages)).not.toContain('yyyy');

      const events: string[] = [];
      const watching = new AbortController();
      const following = (async () => {
        const either = AbortSignal.any([signal, watching.signal]);
        for await (const event of client.watchMetadata(
          before.resource,
          { namespace },
          before.version,
          either,
        )) {
          if (event.type !== 'BOOKMARK') events.push(`${event.type} ${event.metadata.name}`);
        }
      })();
      const ended = expect(following).rejects.toThrow('enough');
      await client.apply(configMap('many-0', { x: 'z' }), forced, signal);
      await client.remove(mapNamed('many-1'), {}, signal);
      await client.apply(configMap('new'), forced, signal);
      await expect.poll(() => events).toEqual(['MODIFIED many-0', 'DELETED many-1', 'ADDED new']);
      watching.abort(new Error('enough'));
      await ended;
    });

    it('more than fits into one page', async () => {
      const roles = Array.from({ length: 501 }, (_, at) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `page-${at}`, namespace },
      }));
      for (let at = 0; at < roles.length; at += 50) {
        await Promise.all(roles.slice(at, at + 50).map((object) => client.apply(object, forced, signal)));
      }
      const { pages, names } = await listed(client, mapNamed(''), namespace, signal);
      expect(pages.length).toBe(2);
      expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
      expect(names.filter((name) => name.startsWith('page-'))).toHaveLength(501);
    });

    it('many kinds at once, without keeping a request waiting', async () => {
      const { resource, version } = await listed(client, mapNamed(''), namespace, signal);
      const watches = Array.from({ length: 40 }, async () => {
        for await (const event of client.watchMetadata(resource, { namespace }, version, signal)) {
          if (event.type === 'ADDED') return event.metadata.name;
        }
        return undefined;
      });
      await client.apply(configMap('seen'), forced, signal);
      expect(new Set(await Promise.all(watches))).toEqual(new Set(['seen']));
    });
  });

  describe('ends', () => {
    it('at once when it is told to, and asks nothing any more when it is closed', async () => {
      const { resource, version } = await listed(client, mapNamed(''), namespace, signal);
      const waiting = client.watchMetadata(resource, { namespace }, version, signal)[Symbol.asyncIterator]();
      await waiting.next();
      const next = expect(waiting.next()).rejects.toThrow('the client was closed');
      const asking = client.get(mapNamed('a'), AbortSignal.abort(new Error('not any more')));
      await expect(asking).rejects.toThrow('not any more');
      await client.close();
      await next;
      await expect(client.get(mapNamed('a'), signal)).rejects.toThrow('the client was closed');
    });
  });
});
