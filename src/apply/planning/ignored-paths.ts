import type { IgnoreRule } from '../../api/index.ts';
import {
  compiledPattern,
  type KubernetesObject,
  type LabelSelector,
  labelSelector,
  refOf,
} from '../../core/index.ts';

/** Which fields of an object are left to others: JSON pointers, none of which points into what another one leaves. */
export type IgnoredPaths = (object: KubernetesObject) => readonly string[];

const names = ['group', 'version', 'kind', 'namespace', 'name'] as const;

/** Reads the rules of a delivery. What a build says of an object decides whether one is for it, its labels and annotations too. */
export function ignoredPaths(rules: readonly IgnoreRule[]): IgnoredPaths {
  const read = rules.map(({ paths, target }) => ({ paths, isFor: isFor(target ?? {}) }));
  return (object) => outermost(read.flatMap(({ paths, isFor: holds }) => (holds(object) ? paths : [])));
}

/** Each once. Inside what is left to others nothing is where the build has it: not even an item of a list. */
function outermost(pointers: readonly string[]): readonly string[] {
  const all = new Set(pointers);
  const isInside = (pointer: string): boolean => {
    for (let at = pointer.lastIndexOf('/'); at > 0; at = pointer.lastIndexOf('/', at - 1))
      if (all.has(pointer.slice(0, at))) return true;
    return false;
  };
  return [...all].filter((pointer) => !isInside(pointer));
}

function isFor(target: NonNullable<IgnoreRule['target']>): (object: KubernetesObject) => boolean {
  // An empty pattern asks for nothing, as an absent one does.
  const patterns = names.filter((name) => (target[name] ?? '') !== '');
  const hasLabels = selectorOf(target.labelSelector);
  const hasAnnotations = selectorOf(target.annotationSelector);
  return (object) => {
    const ref = refOf(object);
    const { labels = {}, annotations = {} } = object.metadata;
    const isNamed = patterns.every((name) => compiledPattern(target[name] ?? '').matches(ref[name]));
    return isNamed && hasLabels(labels) && hasAnnotations(annotations);
  };
}

/** The border lets only selectors pass that can be read. */
function selectorOf(text = ''): LabelSelector {
  return labelSelector(text) ?? (() => false);
}
