import { ownerLabels } from '../../../../src/api/index.ts';
import type { FieldCase } from '../field-case.ts';
import { applies, configMap, deployment, here, namespace } from './objects.ts';

const serverSide = ['--server-side', '--force-conflicts'];

/** What the case delivers, changed by others between two looks. */
const drifts: FieldCase = {
  name: 'drift',
  tree: {
    'objects.yaml': [
      configMap('drift-patched', { a: '1' }, here),
      configMap('drift-applied', { a: '1' }, here),
      configMap('drift-applied-at-the-server', { a: '1' }, here),
      configMap('drift-of-a-controller', { a: '1' }, here),
      configMap('drift-deleted', { a: '1' }, here),
      deployment('drift-scaled', 'example.org/app:1', here),
    ],
  },
  kinds: ['v1/configmaps', 'apps/v1/deployments'],
  deliveries: { drift: {} },
  play: async (side, kubectl) => {
    await side.arrives();
    const edit = { data: { a: 'edited', b: 'added' }, metadata: { annotations: { mine: 'yes' } } };
    await kubectl('patch', 'configmap/drift-patched', '--type=merge', `--patch=${JSON.stringify(edit)}`);
    await applies(kubectl, configMap('drift-applied', { a: '2', b: 'added' }, here));
    await applies(
      kubectl,
      configMap('drift-applied-at-the-server', { a: '2', b: 'added' }, here),
      ...serverSide,
    );
    await applies(
      kubectl,
      configMap('drift-of-a-controller', { a: '2', b: 'added' }, here),
      '--field-manager=other',
      ...serverSide,
    );
    await kubectl('delete', 'configmap/drift-deleted');
    await kubectl('scale', 'deployment/drift-scaled', '--replicas=2');
    await side.arrives('corrected');
  },
};

/** Objects that others had applied before, with the labels that a delivery of this name gives them. */
const takesOver: FieldCase = {
  name: 'take-over',
  tree: {
    'objects.yaml': [
      configMap('take-over-applied', { a: '1' }, here),
      configMap('take-over-applied-at-the-server', { a: '1' }, here),
      configMap('take-over-created', { a: '1' }, here),
      configMap('take-over-of-a-controller', { a: '1' }, here),
      configMap('take-over-updated', { a: '1' }, here),
      configMap('take-over-marked', { a: '1' }, here),
    ],
  },
  deliveries: { 'take-over': {} },
  before: async (kubectl) => {
    const labels = { [ownerLabels.name]: 'take-over', [ownerLabels.namespace]: namespace };
    const before = (name: string): object =>
      configMap(`take-over-${name}`, { a: '0', b: 'old' }, { ...here, labels });
    await applies(kubectl, before('applied'));
    await applies(kubectl, before('applied-at-the-server'), ...serverSide);
    await applies(kubectl, before('of-a-controller'), '--field-manager=other', ...serverSide);
    await kubectl('create', 'configmap', 'take-over-created', '--from-literal=a=0', '--from-literal=b=old');
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    await kubectl('label', 'configmap/take-over-created', ...pairs);
    // As the controller did before it applied at the server, and as the one before it did.
    const created = ['--from-literal=a=0', '--from-literal=b=old', '--field-manager=kustomize-controller'];
    await kubectl('create', 'configmap', 'take-over-updated', ...created);
    await kubectl('label', 'configmap/take-over-updated', ...pairs, '--field-manager=kustomize-controller');
    const old = ['kustomize.toolkit.fluxcd.io/checksum=1', 'fluxcd.io/sync-checksum=1'];
    await applies(kubectl, before('marked'), '--field-manager=other', ...serverSide);
    await kubectl('annotate', 'configmap/take-over-marked', ...old, '--field-manager=another');
    await kubectl(
      'label',
      'configmap/take-over-marked',
      'fluxcd.io/sync-gc-mark=1',
      '--field-manager=another',
    );
  },
};

/** An object that somebody has applied who knows of no delivery. */
const foreign: FieldCase = {
  name: 'foreign',
  tree: { 'objects.yaml': [configMap('foreign', { a: '1' }, here)] },
  deliveries: { foreign: {} },
  also: { 'v1/configmaps': ['foreign'] },
  before: (kubectl) => applies(kubectl, configMap('foreign', { a: '0', b: 'old' }, here)),
};

const handedOver = (a: string): readonly object[] => [
  configMap('handed-over', { a }, here),
  deployment('handed-over', `example.org/app:${a}`, here),
];

/** What the controller has delivered, found there by the other one. A note of somebody else tells that an object is still the same. */
const handsOver: FieldCase = {
  name: 'handed-over',
  tree: { 'objects.yaml': handedOver('1') },
  deliveries: { 'handed-over': {} },
  kinds: ['v1/configmaps', 'apps/v1/deployments'],
  stays: true,
  play: async (side, kubectl) => {
    await side.arrives();
    const note = ['note=kept', '--overwrite', '--field-manager=other'];
    await kubectl('annotate', 'configmap/handed-over', 'deployment/handed-over', ...note);
    await side.arrives('noted');
  },
};

/** What others had done before, and do in between. */
export const otherHands: readonly FieldCase[] = [drifts, takesOver, foreign, handsOver];
