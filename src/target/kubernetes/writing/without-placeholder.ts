import { X509Certificate } from 'node:crypto';
import { isKind, type KubernetesObject, refOf } from '../../../core/index.ts';

/** Where the certificates of a definition's conversion webhook are, which many definitions leave to others to fill in. */
const place = ['spec', 'conversion', 'webhook', 'clientConfig'] as const;
const field = 'caBundle';

/**
 * A definition without certificates that are none: with them its kind would not be served, and what somebody else has filled in would be
 * overwritten. As kustomize-controller does it.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#configure-customresourcedefinition-to-use-conversion-webhooks
 */
export function withoutPlaceholder(object: KubernetesObject): KubernetesObject {
  if (!isKind(refOf(object), 'definition')) return object;
  const text = inner(place.reduce<unknown>(inner, object), field);
  if (typeof text !== 'string' || text === '' || holdsCertificate(text)) return object;
  return without(object, place) as KubernetesObject;
}

type Fields = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const inner = (value: unknown, name: string): unknown => (isMap(value) ? value[name] : undefined);

/** A copy whose map at that place has the field no more. */
function without(value: unknown, [name, ...further]: readonly string[]): unknown {
  if (!isMap(value)) return value;
  if (name !== undefined) return { ...value, [name]: without(value[name], further) };
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== field));
}

/** One that can be read is enough for the API server. */
function holdsCertificate(base64: string): boolean {
  const text = Buffer.from(base64, 'base64').toString('latin1');
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.some(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
