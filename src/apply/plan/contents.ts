import { fromInventoryEntry } from '../../api/index.ts';
import { isKind, type KubernetesObject, type ObjectRef } from '../../core/index.ts';
import { definedKind, kindKey } from './defined-kind.ts';

/** Objects by what they cannot be without: their Namespace, and the definition of their kind. With either they go. */
export class Contents {
  readonly #namespaces = new Set<string>();
  readonly #kinds = new Set<string>();
  readonly #groups = new Set<string>();

  add({ namespace, group, kind }: ObjectRef): void {
    this.#namespaces.add(namespace);
    this.#kinds.add(kindKey(group, kind));
    this.#groups.add(group);
  }

  /** One that is known by its inventory id; what is none names nothing. */
  addId(id: string): void {
    const ref = fromInventoryEntry({ id, v: '' });
    if (ref !== undefined) this.add(ref);
  }

  /** Whether one of them would go with this object. Of a definition that nobody has read its group alone is known, by its name. */
  goWith(ref: ObjectRef, live: KubernetesObject | undefined): boolean {
    if (isKind(ref, 'namespace')) return this.#namespaces.has(ref.name);
    if (!isKind(ref, 'definition')) return false;
    const defined = definedKind(ref, live?.['spec']);
    return defined === undefined ? this.#groups.has(groupIn(ref.name)) : this.#kinds.has(defined);
  }
}

/** Whether other objects go with it when it is deleted. */
export function isContainer(ref: ObjectRef): boolean {
  return isKind(ref, 'namespace', 'definition');
}

/** A definition is named `PLURAL.GROUP`: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/ */
function groupIn(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}
