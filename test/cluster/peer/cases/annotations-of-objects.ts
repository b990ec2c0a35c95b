import type { FieldCase } from '../field-case.ts';
import { configMap, here, told } from './objects.ts';

/** An object that says how it is dealt with, in two revisions, and is edited in between. */
function toldCase(name: string, annotations: Readonly<Record<string, string>>): FieldCase {
  const object = (data: object): object =>
    configMap(name, { ...data }, { ...here, annotations: told(annotations) });
  const edit = { data: { a: 'edited', b: 'added' }, metadata: { labels: { mine: 'yes' } } };
  return {
    name,
    tree: { 'objects.yaml': [object({ a: '1', gone: 'x' })] },
    deliveries: { [name]: {} },
    also: { 'v1/configmaps': [name] },
    play: async (side, kubectl) => {
      await side.arrives();
      await kubectl('patch', `configmap/${name}`, '--type=merge', `--patch=${JSON.stringify(edit)}`).catch(
        () => '',
      );
      await side.arrives('edited');
      await side.publish({ 'objects.yaml': [object({ a: '2' })] });
      await side.arrives('new-revision');
      await side.publish({ 'objects.yaml': [configMap(`${name}-other`, { a: '1' }, here)] });
      await side.arrives('gone');
    },
  };
}

/** How single objects ask to be dealt with. */
export const annotationsOfObjects: readonly FieldCase[] = [
  toldCase('ssa-override', { ssa: 'Override' }),
  toldCase('ssa-merge', { ssa: 'Merge' }),
  toldCase('ssa-if-not-present', { ssa: 'IfNotPresent' }),
  toldCase('ssa-ignore', { ssa: 'Ignore' }),
  toldCase('reconcile-disabled', { reconcile: 'disabled' }),
  toldCase('prune-disabled', { prune: 'disabled' }),
  toldCase('in-other-letters', { ssa: 'MERGE', prune: 'Enabled' }),
  {
    name: 'as-a-label',
    tree: {
      'objects.yaml': [
        configMap('as-a-label', { a: '1' }, { ...here, labels: told({ prune: 'Disabled' }) }),
        configMap('as-a-label-other', { a: '1' }, here),
      ],
    },
    deliveries: { 'as-a-label': {} },
    play: async (side) => {
      await side.arrives();
      await side.publish({ 'objects.yaml': [configMap('as-a-label-other', { a: '1' }, here)] });
      await side.arrives('gone');
    },
  },
  {
    name: 'owner-labels',
    tree: {
      'objects.yaml': [
        configMap(
          'owner-labels',
          { a: '1' },
          { ...here, labels: told({ name: 'somebody', namespace: 'elsewhere' }) },
        ),
      ],
    },
    deliveries: { 'owner-labels': {} },
  },
];
