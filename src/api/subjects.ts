import { formatRef, type Subject } from '../core/index.ts';
import type { Kustomization } from './kustomization.ts';

/** What names a delivery or a source among those of its kind: its metadata, its record. */
export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`. */
export function nameText({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}

/** A delivery as events name it. */
export function deliverySubject({ namespace, name }: ObjectName): Subject {
  return { kind: 'Kustomization', namespace, name };
}

/** A delivery as errors name it: `Kustomization/namespace/name`. */
export function deliveryText(delivery: ObjectName): string {
  return formatRef(deliverySubject(delivery));
}

/** A source as events name it. */
export function sourceSubject({ namespace, name }: ObjectName): Subject {
  return { kind: 'OCIRepository', namespace, name };
}

/** A source as errors name it: `OCIRepository/namespace/name`. */
export function sourceText(source: ObjectName): string {
  return formatRef(sourceSubject(source));
}

/** The source that a delivery asks for: beside it, where it names no namespace. */
export function askedSource({ metadata, spec }: Pick<Kustomization, 'metadata' | 'spec'>): Subject {
  const { kind, name, namespace = metadata.namespace } = spec.sourceRef;
  return { kind, namespace, name };
}
