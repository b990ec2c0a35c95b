import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { targetPlace } from './target-option.ts';

describe('targetPlace', () => {
  it.each([
    ['dir:./out', { kind: 'directory', path: resolve('out') }],
    ['dir:/a#b', { kind: 'directory', path: '/a#b' }],
    ['kubeconfig:/etc/rancher/k3s/k3s.yaml', { kind: 'kubeconfig', path: '/etc/rancher/k3s/k3s.yaml' }],
    ['kubeconfig:./kube#edge', { kind: 'kubeconfig', path: resolve('kube'), context: 'edge' }],
    ['kubeconfig:/k#admin@edge#1', { kind: 'kubeconfig', path: '/k', context: 'admin@edge#1' }],
    ['cluster', { kind: 'cluster' }],
  ])('reads %s', (text, place) => expect(targetPlace(text)).toEqual(place));

  it.each(['', 'dir:', 'kubeconfig:', 'kubeconfig:#edge', 'kubeconfig:/k#', 'Cluster', '/out', 'cluster:x'])(
    'refuses %j',
    (text) => expect(() => targetPlace(text)).toThrow(expect.objectContaining({ code: 'USAGE' })),
  );
});
