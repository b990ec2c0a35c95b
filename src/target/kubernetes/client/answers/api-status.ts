/** One reason of https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
interface ApiCause {
  readonly reason: string;
  readonly message: string;
  /** Path of a field, as `spec.replicas`. */
  readonly field: string;
}

/** What the API says about a request that failed. */
export interface ApiStatus {
  readonly reason: string;
  readonly message: string;
  /** Plural of the resource that it is about, and the name of the object; empty where it names none. */
  readonly kind: string;
  readonly name: string;
  readonly causes: readonly ApiCause[];
  readonly code: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** `undefined` for whatever is no Status, such as the page of a proxy. */
export function readStatus(body: unknown): ApiStatus | undefined {
  const status = fieldsOf(body);
  if (status['kind'] !== 'Status' || status['apiVersion'] !== 'v1') return undefined;
  const details = fieldsOf(status['details']);
  const causes = Array.isArray(details['causes']) ? details['causes'].map(fieldsOf) : [];
  return {
    reason: textOf(status['reason']),
    message: textOf(status['message']),
    kind: textOf(details['kind']),
    name: textOf(details['name']),
    causes: causes.map((cause) => ({
      reason: textOf(cause['reason']),
      message: textOf(cause['message']),
      field: textOf(cause['field']),
    })),
    code: typeof status['code'] === 'number' ? status['code'] : 0,
  };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
