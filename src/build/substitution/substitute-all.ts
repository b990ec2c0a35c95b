import { type BuiltObject, withChange } from '../objects/built-object.ts';
import type { ObjectCollection } from '../objects/objects.ts';
import type { Substitution } from './substitute.ts';

/** The objects with their variables replaced; those where that fails are left out, and told as faults. */
export function substituteAll(
  objects: readonly BuiltObject[],
  substitution: Substitution,
  { faults, warnings }: Pick<ObjectCollection, 'faults' | 'warnings'>,
): readonly BuiltObject[] {
  const all = objects.flatMap((built) => {
    const substituted = faults.collect(built.place, () => substitution.apply(built));
    if (substituted === undefined) return [];
    return [substituted === built ? built : withChange(substituted, 'substitution')];
  });
  for (const name of substitution.unset) {
    warnings.push(`variable "${name}" is not set and has no default, it left nothing`);
  }
  return all;
}
