import { describe, expect, it } from 'vitest';
import { siteObjectSchema } from './index.ts';

const delivery = (ignore: unknown): unknown => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { name: 'apps', namespace: 'flux-system' },
  spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'apps' }, ignore },
});
const paths = ['/spec/replicas'];

describe('the rules of a delivery that leave fields to others', () => {
  it.each<[string, unknown]>([
    ['none', []],
    ['a field of all objects', [{ paths }]],
    ['no field', [{ paths: [] }]],
    ['a field with a slash and a tilde', [{ paths: ['/metadata/annotations/example.com~1a~0b'] }]],
    [
      'a target that says all',
      [{ paths, target: { group: 'apps', version: 'v1', kind: 'Deploy.*', name: 'a|b', namespace: 'x' } }],
    ],
    ['selectors', [{ paths, target: { labelSelector: 'a in (b, c),!d', annotationSelector: 'e=f' } }]],
    ['empty patterns', [{ paths, target: { kind: '', labelSelector: '' } }]],
  ])('may be %s', (_, ignore) => {
    expect(siteObjectSchema.safeParse(delivery(ignore)).error).toBeUndefined();
  });

  it.each<[string, unknown, string, string]>([
    ['no paths', [{}], 'spec.ignore.0.paths', 'expected array'],
    ['no pointer', [{ paths: ['spec/replicas'] }], 'spec.ignore.0.paths.0', 'expected a JSON pointer'],
    [
      'an escape that is none',
      [{ paths: ['/a', '/b~2'] }],
      'spec.ignore.0.paths.1',
      'expected a JSON pointer',
    ],
    ['the whole object', [{ paths: [''] }], 'spec.ignore.0.paths.0', 'got the whole object'],
    ['all metadata', [{ paths: ['/metadata'] }], 'spec.ignore.0.paths.0', 'expected a field of /metadata'],
    [
      'what is never read back',
      [{ paths: ['/stringData/a'] }],
      'spec.ignore.0.paths.0',
      'expected a field of /data',
    ],
    ['a pattern that is none', [{ paths, target: { kind: '(' } }], 'spec.ignore.0.target.kind', 'RE2'],
    [
      'a pattern that looks back',
      [{ paths, target: { name: '(a)\\1' } }],
      'spec.ignore.0.target.name',
      'RE2',
    ],
    [
      'a selector that is none',
      [{ paths, target: { labelSelector: 'a in' } }],
      'spec.ignore.0.target.labelSelector',
      'expected a label selector',
    ],
    [
      'a selector that is none',
      [{ paths, target: { annotationSelector: '=' } }],
      'spec.ignore.0.target.annotationSelector',
      'expected a label selector',
    ],
    ['a field that nobody knows', [{ paths, target: { kinds: 'X' } }], 'spec.ignore.0.target', 'kinds'],
    ['too many paths', [{ paths: Array(101).fill('/a') }], 'spec.ignore.0.paths', '100'],
    ['too many rules', Array(101).fill({ paths }), 'spec.ignore', '100'],
    ['a path that is too long', [{ paths: [`/${'a'.repeat(1024)}`] }], 'spec.ignore.0.paths.0', '1024'],
  ])('may not have %s', (_, ignore, path, words) => {
    const { issues = [] } = siteObjectSchema.safeParse(delivery(ignore)).error ?? {};
    expect(issues.map((issue) => issue.path.join('.'))).toContain(path);
    expect(issues.map(({ message }) => message).join()).toContain(words);
  });
});
