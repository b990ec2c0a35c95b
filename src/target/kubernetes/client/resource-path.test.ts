import { describe, expect, it } from 'vitest';
import { groupVersionPath, listPath, objectPath } from './resource-path.ts';

const pods = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true, watchable: true };
const roles = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  watchable: true,
};

describe('the path of', () => {
  it.each([
    ['a core object', objectPath(pods, { namespace: 'a', name: 'b' }), '/api/v1/namespaces/a/pods/b'],
    [
      'an object without a namespace, whatever its reference says',
      objectPath(roles, { namespace: 'a', name: 'b' }),
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/b',
    ],
    [
      'a name with colons, as those of roles',
      objectPath(roles, { namespace: '', name: 'system:node' }),
      '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    ],
    ['all objects of a kind', listPath(pods, {}), '/api/v1/pods'],
    ['those of one namespace', listPath(pods, { namespace: 'a' }), '/api/v1/namespaces/a/pods'],
    ['a group', groupVersionPath(roles), '/apis/rbac.authorization.k8s.io/v1'],
    [
      'a name that would climb out of its place',
      objectPath(pods, { namespace: '..', name: '../nodes?x' }),
      '/api/v1/namespaces/%2E%2E/pods/..%2Fnodes%3Fx',
    ],
  ])('%s', (_what, path, expected) => {
    expect(path).toBe(expected);
  });
});
