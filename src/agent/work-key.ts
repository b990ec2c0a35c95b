/** A piece of work: poll a source, apply a delivery, or take back what a removed delivery owned. */
export interface Work {
  readonly kind: 'source' | 'delivery' | 'withdraw';
  readonly namespace: string;
  readonly name: string;
}

/** The key of a piece of work in the queue. Kubernetes names hold no slash. */
export function workKey({ kind, namespace, name }: Work): string {
  return `${kind}/${namespace}/${name}`;
}

export function parseWorkKey(key: string): Work {
  const [kind, namespace = '', name = ''] = key.split('/');
  if (kind === 'source' || kind === 'delivery' || kind === 'withdraw') return { kind, namespace, name };
  throw new TypeError(`no work key: ${key}`);
}
