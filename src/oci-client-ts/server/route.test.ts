import { expect, it } from 'vitest';
import { parseRoute } from './route.ts';

const digest = `sha256:${'a'.repeat(64)}`;

it.each([
  ['/v2/', { kind: 'base' }],
  ['/v2', { kind: 'base' }],
  ['/v2/_catalog', { kind: 'catalog' }],
  ['/v2/a/b/manifests/v1', { kind: 'manifest', repository: 'a/b', reference: 'v1' }],
  [`/v2/a/manifests/${digest}`, { kind: 'manifest', repository: 'a', reference: digest }],
  [`/v2/a/blobs/${encodeURIComponent(digest)}`, { kind: 'blob', repository: 'a', digest }],
  ['/v2/a/blobs/uploads/', { kind: 'uploads', repository: 'a' }],
  ['/v2/a/blobs/uploads', { kind: 'uploads', repository: 'a' }],
  ['/v2/a/blobs/uploads/7', { kind: 'upload', repository: 'a', id: '7' }],
  ['/v2/a/blobs/uploads/manifests/v1', { kind: 'manifest', repository: 'a/blobs/uploads', reference: 'v1' }],
  ['/v2/tags/list/tags/list', { kind: 'tags', repository: 'tags/list' }],
  [`/v2/a/referrers/${digest}`, { kind: 'referrers', repository: 'a', digest }],
  ['/v2/A/manifests/v1', { kind: 'invalid-name' }],
  ['/v2/../manifests/v1', { kind: 'invalid-name' }],
  ['/v2/a/%2e%2e/manifests/v1', { kind: 'invalid-name' }],
  ['/v2/%/manifests/v1', { kind: 'unknown' }],
  ['/v2/manifests/v1', { kind: 'unknown' }],
  ['/v1/a', { kind: 'unknown' }],
  ['/', { kind: 'unknown' }],
  ['', { kind: 'unknown' }],
])('%s', (path, expected) => {
  expect(parseRoute(path)).toEqual(expected);
});
