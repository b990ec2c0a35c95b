import type { ObjectRef } from '../core/index.ts';
import type { WriteStep } from './plan.ts';

/** Writes that failed and that other objects of the delivery cannot do without. */
export class Blockers {
  readonly #namespaces = new Map<string, ObjectRef>();
  readonly #kinds = new Map<string, ObjectRef>();

  /** Notes a write that failed. A Namespace that was there already still holds objects; a definition may lack what they ask for. */
  add(step: WriteStep): void {
    const { ref, object, kind } = step;
    if (ref.group === '' && ref.kind === 'Namespace' && kind === 'create')
      this.#namespaces.set(ref.name, ref);
    const defined = definedKind(ref, object['spec']);
    if (defined !== undefined) this.#kinds.set(defined, ref);
  }

  /** The failed write that an object waits for. */
  of({ namespace, group, kind }: ObjectRef): ObjectRef | undefined {
    return this.#namespaces.get(namespace) ?? this.#kinds.get(kindKey(group, kind));
  }
}

/** What a definition defines; `undefined` for anything else, and for one that does not say. */
function definedKind({ group, kind }: ObjectRef, spec: unknown): string | undefined {
  if (group !== 'apiextensions.k8s.io' || kind !== 'CustomResourceDefinition') return undefined;
  const defined = field(field(spec, 'names'), 'kind');
  const definedGroup = field(spec, 'group');
  if (typeof definedGroup !== 'string' || typeof defined !== 'string') return undefined;
  return kindKey(definedGroup, defined);
}

function kindKey(group: string, kind: string): string {
  return `${group}/${kind}`;
}

/** A build passes on whatever somebody wrote. */
function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
