import type { IgnoreRule } from '../../api/index.ts';
import {
  compiledPattern,
  type KubernetesObject,
  type LabelSelector,
  labelSelector,
  refOf,
} from '../../core/index.ts';

/** Which fields of an object are left to others: JSON pointers, each once. */
export type IgnoredPaths = (object: KubernetesObject) => readonly string[];

const names = ['group', 'version', 'kind', 'namespace', 'name'] as const;

/** Reads the rules of a delivery. What a build says of an object decides whether one is for it, its labels and annotations too. */
export function ignoredPaths(rules: readonly IgnoreRule[]): IgnoredPaths {
  const read = rules.map(({ paths, target }) => ({ paths, isFor: isFor(target ?? {}) }));
  return (object) => [...new Set(read.flatMap(({ paths, isFor: holds }) => (holds(object) ? paths : [])))];
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
