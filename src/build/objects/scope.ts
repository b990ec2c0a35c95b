import { formatRef, refOf } from '../../core/index.ts';
import { builtInKind } from './built-in-kinds.ts';
import type { BuiltObject } from './built-object.ts';

/**
 * The object as the API server keeps it: without a namespace when its kind belongs to none. An inventory that kept the
 * namespace would name another object than the one that is there.
 */
export function inScope(built: BuiltObject, warnings: string[]): BuiltObject {
  const { object, place } = built;
  const ref = refOf(object);
  if (ref.namespace === '' || builtInKind(ref.group, ref.kind)?.namespaced !== false) return built;
  const { namespace, ...metadata } = object.metadata;
  warnings.push(
    `${place}: ${formatRef({ ...ref, namespace: '' })}: the namespace is left out, the kind belongs to none`,
  );
  return { ...built, object: { ...object, metadata } };
}
