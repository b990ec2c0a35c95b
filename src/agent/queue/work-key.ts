/**
 * A piece of work: poll a source, judge again what it has in force, or apply a delivery; or, once it has left the configuration, forget it
 * or take back what it owned; or keep house, which is work of the site and has no name.
 */
export interface Work {
  readonly kind: 'source' | 'judgement' | 'delivery' | 'housekeeping';
  readonly namespace: string;
  readonly name: string;
}

/** The key of a piece of work in the queue. Kubernetes names hold no slash. */
export function workKey({ kind, namespace, name }: Work): string {
  return `${kind}/${namespace}/${name}`;
}

export function parseWorkKey(key: string): Work {
  const [kind, namespace = '', name = ''] = key.split('/');
  switch (kind) {
    case 'source':
    case 'judgement':
    case 'delivery':
    case 'housekeeping':
      return { kind, namespace, name };
  }
  throw new TypeError(`no work key: ${key}`);
}
