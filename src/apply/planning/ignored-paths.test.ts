import { describe, expect, it } from 'vitest';
import type { IgnoreRule } from '../../api/index.ts';
import type { KubernetesObject } from '../../core/index.ts';
import { ignoredPaths } from './ignored-paths.ts';

const web: KubernetesObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' }, annotations: { scaled: 'yes' } },
};
const config: KubernetesObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config' } };
const paths = ['/spec/replicas'];

describe('which fields of an object are left to others', () => {
  it.each<[string, IgnoreRule['target'], KubernetesObject, boolean]>([
    ['without a target those of every object', undefined, config, true],
    ['with an empty one too', {}, config, true],
    ['by group', { group: 'apps' }, web, true],
    ['by another group', { group: 'apps' }, config, false],
    ['by no group, which any has', { group: '' }, web, true],
    ['by version', { version: 'v[12]' }, web, true],
    ['by kind', { kind: 'Deployment|StatefulSet' }, web, true],
    ['by the whole of a kind', { kind: 'Deploy' }, web, false],
    ['by all alternatives of a kind in full', { kind: 'Deploy|ment' }, web, false],
    ['by name', { name: 'w.b' }, web, true],
    ['by the whole of a name, its end too', { name: 'we' }, web, false],
    ['by namespace', { namespace: 'shop' }, web, true],
    ['by a namespace that it has not', { namespace: 'shop' }, config, false],
    ['by label', { labelSelector: 'app in (web)' }, web, true],
    ['by a label that it has not', { labelSelector: 'app' }, config, false],
    ['by annotation', { annotationSelector: 'scaled=yes' }, web, true],
    ['by another annotation', { annotationSelector: 'scaled!=yes' }, web, false],
    ['by all that a target says', { kind: 'Deployment', name: 'other' }, web, false],
  ])('%s', (_, target, object, isFor) => {
    const rule = target === undefined ? { paths } : { paths, target };
    expect(ignoredPaths([rule])(object)).toEqual(isFor ? paths : []);
  });

  it('are those of all rules that are for it, each once', () => {
    const rules = [
      { paths: ['/a', '/b'] },
      { paths: ['/b', '/c'] },
      { paths: ['/d'], target: { name: 'other' } },
    ];
    expect(ignoredPaths(rules)(web)).toEqual(['/a', '/b', '/c']);
  });

  it('are no fields within others, whose items are not those of the build', () => {
    const rules = [
      { paths: ['/a/1/b', '/a', '/ab/c', '/d/e/f'] },
      { paths: ['/d'], target: { name: 'web' } },
      { paths: ['/ab/c/d'], target: { name: 'other' } },
    ];
    expect(ignoredPaths(rules)(web)).toEqual(['/a', '/ab/c', '/d']);
  });
});
