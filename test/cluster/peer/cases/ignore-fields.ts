import type { Fields } from '../../golden/recording.ts';
import type { FieldCase, OtherHand, Side, Tree } from '../field-case.ts';
import { applies, configMap, deployment, here, namespace } from './objects.ts';

const by = '--field-manager=other';

/** Another manager updates values of a ConfigMap; those that are null go. */
async function updates(
  kubectl: OtherHand,
  name: string,
  data: Fields,
  ...how: readonly string[]
): Promise<void> {
  const patch = JSON.stringify({ data });
  await kubectl('patch', `configmap/${name}`, '--type=merge', `--patch=${patch}`, ...how);
}

/** A case of one ConfigMap, the first of whose values is left to others. */
function caseOf(
  name: string,
  play: (side: Side, kubectl: OtherHand, revision: (data: Fields) => Tree) => Promise<void>,
  { data = { a: '1', b: '1' } as Fields, ignore = [{ paths: ['/data/a'] }] as readonly Fields[] } = {},
): FieldCase {
  const revision = (values: Fields): Tree => ({ 'objects.yaml': [configMap(name, values, here)] });
  return {
    name,
    tree: revision(data),
    deliveries: { [name]: { ignore } },
    play: async (side, kubectl) => {
      await side.arrives();
      await play(side, kubectl, revision);
    },
  };
}

/** What only its labels and annotations tell from the others. */
const marked = { ...here, labels: { app: 'left' }, annotations: { left: 'yes' } };

const target = {
  group: '',
  version: 'v[0-9]',
  kind: 'Config.*',
  name: 'ignore-.*',
  namespace,
  labelSelector: 'app in (left, other),!kept',
  annotationSelector: 'left=yes',
};

/** A rule that says everything of its objects, each of which but one is left out by a part of it. */
const bySelector: FieldCase = {
  name: 'ignore',
  tree: {
    'objects.yaml': [
      configMap('ignore-all', { a: '1', b: '1' }, marked),
      configMap('ignored', { a: '1' }, marked),
      configMap('ignore-kept', { a: '1' }, { ...marked, labels: { app: 'left', kept: 'yes' } }),
      configMap('ignore-unsaid', { a: '1' }, { ...marked, annotations: { left: 'no' } }),
    ],
  },
  deliveries: { ignore: { ignore: [{ paths: ['/data/a'], target }] } },
  play: async (side, kubectl) => {
    await side.arrives();
    for (const name of ['ignore-all', 'ignored', 'ignore-kept', 'ignore-unsaid'])
      await updates(kubectl, name, { a: 'theirs' }, by);
    await side.arrives('changed');
    await updates(kubectl, 'ignore-all', { b: 'theirs' }, by);
    await side.arrives('corrected');
  },
};

const containers = (...images: readonly string[]): object => {
  const object = deployment('ignore-items', '', here) as { readonly spec: { readonly template: object } };
  const spec = { containers: images.map((image, at) => ({ name: `c${at}`, image })) };
  return { ...object, spec: { ...object.spec, template: { ...object.spec.template, spec } } };
};

/** A field of an item, and one that has a subresource of its own. */
const items: FieldCase = {
  name: 'ignore-items',
  tree: { 'objects.yaml': [containers('example.org/a:1', 'example.org/b:1')] },
  kinds: ['apps/v1/deployments'],
  deliveries: {
    'ignore-items': {
      ignore: [
        {
          paths: ['/spec/replicas', '/spec/template/spec/containers/0/image'],
          target: { kind: 'Deployment' },
        },
      ],
    },
  },
  play: async (side, kubectl) => {
    await side.arrives();
    const set = ['set', 'image', 'deployment/ignore-items'];
    // First what nobody answers, so that the answer to the other meets both.
    await kubectl('scale', 'deployment/ignore-items', '--replicas=2');
    await kubectl(...set, 'c0=example.org/a:theirs', 'c1=example.org/b:theirs', by);
    await side.arrives('changed');
    await side.publish({ 'objects.yaml': [containers('example.org/a:2', 'example.org/b:2')] });
    await side.arrives('new-revision');
  },
};

/** Who changes what is left to others, and what becomes of that in another revision. */
const hands: readonly FieldCase[] = [
  caseOf('ignore-updated', async (side, kubectl, revision) => {
    await updates(kubectl, 'ignore-updated', { a: 'theirs' }, by);
    await side.arrives('changed');
    await side.publish(revision({ a: '2', b: '1' }));
    await side.arrives('asked-otherwise');
    await side.publish(revision({ a: '3', b: '2' }));
    await side.arrives('new-revision');
  }),
  caseOf('ignore-edited', async (side, kubectl, revision) => {
    await updates(kubectl, 'ignore-edited', { a: 'theirs' });
    await side.arrives('changed');
    await side.publish(revision({ a: '2', b: '2' }));
    await side.arrives('new-revision');
  }),
  caseOf('ignore-applied', async (side, kubectl, revision) => {
    const how = ['--server-side', '--force-conflicts', by];
    await applies(kubectl, configMap('ignore-applied', { a: 'theirs' }, here), ...how);
    await side.arrives('changed');
    await side.publish(revision({ a: '2', b: '2' }));
    await side.arrives('new-revision');
    await side.publish(revision({ a: 'theirs', b: '3' }));
    await side.arrives('agreed');
  }),
  caseOf('ignore-let-go', async (side, kubectl, revision) => {
    await updates(kubectl, 'ignore-let-go', { a: 'theirs' }, by);
    await side.publish(revision({ b: '2' }));
    await side.arrives('left-out');
  }),
];

/** What the rules of a delivery say, and when. */
const rules: readonly FieldCase[] = [
  caseOf(
    'ignore-by-rule',
    async (side, kubectl) => {
      await side.specify({ ignore: [{ paths: ['/data/a'], target: { name: 'ignore-by-rule' } }] });
      await side.arrives('added');
      await updates(kubectl, 'ignore-by-rule', { a: 'theirs' }, by);
      await side.arrives('changed');
      await side.specify({ ignore: undefined });
      await side.arrives('taken-away');
    },
    { ignore: [{ paths: ['/data/a'], target: { name: 'ignore-by' } }] },
  ),
  caseOf(
    'ignore-two-rules',
    async (side, kubectl) => {
      await updates(kubectl, 'ignore-two-rules', { a: 'theirs', b: 'theirs' }, by);
      await side.arrives('changed');
    },
    { ignore: [{ paths: ['/data/a'] }, { paths: ['/data/b'] }] },
  ),
  caseOf(
    'ignore-labelled',
    async (side, kubectl) => {
      await kubectl('label', 'configmap/ignore-labelled', 'mine=yes', by);
      await updates(kubectl, 'ignore-labelled', { a: 'theirs' }, by);
      await side.arrives('changed');
    },
    { ignore: [{ paths: ['/data/a'], target: { labelSelector: 'mine=yes' } }] },
  ),
];

/** What is lost in fields that are left to others. */
const losses: readonly FieldCase[] = [
  caseOf('ignore-gone', async (side, kubectl, revision) => {
    await updates(kubectl, 'ignore-gone', { a: null }, by);
    await side.arrives('changed');
    await side.publish(revision({ a: '1', b: '2' }));
    await side.arrives('new-revision');
  }),
  caseOf('ignore-left-out', async (side, _, revision) => {
    await side.publish(revision({ b: '2' }));
    await side.arrives('new-revision');
  }),
  caseOf(
    'ignore-all-data',
    async (side, kubectl) => {
      const how = ['--server-side', '--force-conflicts', by];
      await applies(kubectl, configMap('ignore-all-data', { x: 'theirs' }, here), ...how);
      const labels = { revision: '2' };
      await side.publish({
        'objects.yaml': [configMap('ignore-all-data', { a: '2', b: '1' }, { ...here, labels })],
      });
      await side.arrives('new-revision');
    },
    { ignore: [{ paths: ['/data'] }] },
  ),
];

/** `spec.ignore`: fields that are left to others. */
export const ignoreFields: readonly FieldCase[] = [bySelector, items, ...hands, ...rules, ...losses];
