import type { FieldCase } from '../field-case.ts';
import { configMap, here, namespace, told } from './objects.ts';

/** A ConfigMap whose content cannot be changed. */
const immutable = (name: string, a: string, metadata: object = here): object => ({
  ...configMap(name, { a }, { ...metadata }),
  immutable: true,
});

/** Fields that say how what was built is applied, and what becomes of it. */
export const applyFields: readonly FieldCase[] = [
  {
    name: 'prune',
    tree: {
      'objects.yaml': [configMap('prune-a', { a: '1' }, here), configMap('prune-b', { a: '1' }, here)],
    },
    deliveries: { prune: { prune: true } },
    play: async (side) => {
      await side.arrives();
      await side.publish({
        'objects.yaml': [configMap('prune-a', { b: '2' }, here), configMap('prune-c', { a: '1' }, here)],
      });
      await side.arrives('new-revision');
    },
  },
  {
    name: 'no-prune',
    tree: {
      'objects.yaml': [configMap('no-prune-a', { a: '1' }, here), configMap('no-prune-b', { a: '1' }, here)],
    },
    deliveries: { 'no-prune': { prune: false } },
    play: async (side) => {
      await side.arrives('first');
      await side.publish({ 'objects.yaml': [configMap('no-prune-a', { a: '1' }, here)] });
      await side.arrives();
    },
  },
  {
    name: 'force',
    tree: { 'objects.yaml': [immutable('force', '1')] },
    deliveries: { force: { force: true } },
    play: async (side) => {
      await side.arrives();
      await side.publish({ 'objects.yaml': [immutable('force', '2')] });
      await side.arrives('new-revision');
    },
  },
  {
    name: 'force-annotation',
    tree: {
      'objects.yaml': [
        immutable('force-annotation', '1', { ...here, annotations: told({ force: 'enabled' }) }),
      ],
    },
    deliveries: { 'force-annotation': {} },
    play: async (side) => {
      await side.arrives();
      await side.publish({
        'objects.yaml': [
          immutable('force-annotation', '2', { ...here, annotations: told({ force: 'enabled' }) }),
        ],
      });
      await side.arrives('new-revision');
    },
  },
  {
    name: 'retry-interval',
    tree: { 'objects.yaml': [immutable('retry-interval', '1')] },
    // Long enough for the failure to be seen before the next try.
    deliveries: { 'retry-interval': { retryInterval: '8s' } },
    play: async (side, kubectl) => {
      await side.arrives();
      await side.publish({ 'objects.yaml': [immutable('retry-interval', '2')] });
      await side.arrives('failed');
      await kubectl('delete', 'configmap/retry-interval');
      await side.recovers('retried');
    },
  },
  {
    name: 'suspend',
    tree: { 'objects.yaml': [configMap('suspend', { a: '1' }, here)] },
    deliveries: { suspend: { suspend: false } },
    play: async (side) => {
      await side.arrives();
      await side.specify({ suspend: true });
      await side.publish({ 'objects.yaml': [configMap('suspend', { a: '2' }, here)] });
      await side.rests('suspended');
      await side.specify({ suspend: false });
      await side.arrives('resumed');
    },
  },
  {
    name: 'source-ref',
    tree: { 'objects.yaml': [configMap('source-ref', { a: '1' }, here)] },
    deliveries: {
      'source-ref': {
        sourceRef: {
          apiVersion: 'source.toolkit.fluxcd.io/v1',
          kind: 'OCIRepository',
          name: 'source-ref',
          namespace,
        },
      },
    },
  },
  {
    name: 'depends-on',
    tree: {
      'base/objects.yaml': [configMap('depends-on-base', { a: '1' }, here)],
      'top/objects.yaml': [configMap('depends-on-top', { a: '1' }, here)],
    },
    deliveries: {
      'depends-on-base': { path: './base' },
      'depends-on-top': { path: './top', dependsOn: [{ name: 'depends-on-base', namespace }] },
      'depends-on-expression': {
        path: './top',
        namePrefix: 'expression-',
        dependsOn: [
          {
            name: 'depends-on-base',
            readyExpr: `dep.status.conditions.exists(c, c.type == 'Ready' && c.status == 'True') && self.spec.prune`,
          },
        ],
      },
      'depends-on-missing': { path: './top', namePrefix: 'missing-', dependsOn: [{ name: 'nobody' }] },
    },
  },
  {
    name: 'deletion-policy',
    tree: { 'objects.yaml': [configMap('deletion-policy', { a: '1' }, here)] },
    deliveries: {
      mirrored: { namePrefix: 'mirrored-', deletionPolicy: 'MirrorPrune' },
      'mirrored-kept': { namePrefix: 'mirrored-kept-', deletionPolicy: 'MirrorPrune', prune: false },
      deleted: { namePrefix: 'deleted-', deletionPolicy: 'Delete', prune: false },
      terminated: { namePrefix: 'terminated-', deletionPolicy: 'WaitForTermination' },
      orphaned: { namePrefix: 'orphaned-', deletionPolicy: 'Orphan' },
    },
    play: async (side) => {
      await side.arrives();
      for (const name of ['mirrored', 'mirrored-kept', 'deleted', 'terminated', 'orphaned'])
        await side.withdraw(name);
      await side.arrives('withdrawn');
    },
  },
];
