import type { OciRepository } from '../../api/index.ts';
import type { Subject } from '../../core/index.ts';

/** A source as events name it. */
export function sourceSubject({ kind, metadata }: OciRepository): Subject {
  return { kind, namespace: metadata.namespace, name: metadata.name };
}

/** A delivery as events name it. */
export function deliverySubject({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}): Subject {
  return { kind: 'Kustomization', namespace, name };
}
