import { isKind, type ObjectRef } from '../../core/index.ts';
import { definedKind, kindKey } from '../plan/defined-kind.ts';
import type { WriteStep } from '../plan/plan.ts';

/** Writes that failed and that other objects of the delivery cannot do without. */
export class Blockers {
  readonly #namespaces = new Map<string, ObjectRef>();
  readonly #kinds = new Map<string, ObjectRef>();

  /** Notes a write that failed. A Namespace that was there already still holds objects; a definition may lack what they ask for. */
  add(step: WriteStep): void {
    const { ref, object, kind } = step;
    if (isKind(ref, 'namespace') && kind === 'create') this.#namespaces.set(ref.name, ref);
    const defined = definedKind(ref, object['spec']);
    if (defined !== undefined) this.#kinds.set(defined, ref);
  }

  /** The failed write that an object waits for. */
  of({ namespace, group, kind }: ObjectRef): ObjectRef | undefined {
    return this.#namespaces.get(namespace) ?? this.#kinds.get(kindKey(group, kind));
  }
}
