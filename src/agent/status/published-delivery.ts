import type { DeliveryRecord, Kustomization } from '../../api/index.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** A duration as Go prints it: `1h0m0s`. */
function durationText(ms: number): string {
  const hours = Math.floor(ms / hour);
  const minutes = Math.floor((ms % hour) / minute);
  const seconds = (ms % minute) / second;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** An API server keeps no empty map or list; `has()` of an expression would find one. */
function filled(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

/** A delivery as an API server would show it: for expressions of `dependsOn`. Without a record it was never looked at. */
export function publishedDelivery(
  { apiVersion, kind, metadata, spec }: Kustomization,
  record: DeliveryRecord | undefined,
): Readonly<Record<string, unknown>> {
  const { interval, retryInterval, timeout } = spec;
  const durations = Object.entries({ interval, retryInterval, timeout }).flatMap(([name, ms]) =>
    ms === undefined ? [] : [[name, durationText(ms)] as const],
  );
  const { name, namespace, labels, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: filled({ name, namespace, labels, annotations, generation: record?.generation ?? 1 }),
    spec: filled({ ...spec, ...Object.fromEntries(durations) }),
    status: filled({ ...(record?.status ?? { observedGeneration: -1 }) }),
  };
}
