/**
 * A piece of work: poll a source or apply a delivery; or, once it has left the configuration, forget it or take back what it owned; or
 * keep house, which is work of the site and has no name.
 */
export interface Work {
  readonly kind: 'source' | 'delivery' | 'housekeeping';
  readonly namespace: string;
  readonly name: string;
}

/** The key of a piece of work in the queue. Kubernetes names hold no slash. */
export function workKey({ kind, namespace, name }: Work): string {
  return `${kind}/${namespace}/${name}`;
}

export function parseWorkKey(key: string): Work {
  const [kind, namespace = '', name = ''] = key.split('/');
  if (kind === 'source' || kind === 'delivery' || kind === 'housekeeping') return { kind, namespace, name };
  throw new TypeError(`no work key: ${key}`);
}
