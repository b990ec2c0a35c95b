import { isKind, type KubernetesObject, refOf } from '../../../core/index.ts';
import { withoutPlaceholder } from './without-placeholder.ts';

/** What a server keeps for itself; exported manifests hold it, and an apply of it is refused or means nothing. */
const serverFields = [
  'creationTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
];

/**
 * An object in the form in which it is applied, as kustomize-controller does it: without what is the server's own or only holds a place, and
 * with the data of a Secret where they are stored, so that a key that goes is removed.
 */
export function appliedForm(object: KubernetesObject): KubernetesObject {
  const { status, ...rest } = object;
  const kept = isKind(refOf(object), 'definition') && status !== undefined ? { status } : {};
  const metadata = Object.entries(object.metadata).filter(([field]) => !serverFields.includes(field));
  const form = {
    ...rest,
    ...kept,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { ...Object.fromEntries(metadata), name: object.metadata.name },
  };
  return withStoredData(withoutPlaceholder(form));
}

/** https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/: `stringData` is write-only. */
function withStoredData(object: KubernetesObject): KubernetesObject {
  const { stringData, ...rest } = object;
  if (
    !isKind(refOf(object), 'secret') ||
    !isTexts(stringData) ||
    !(isTexts(object['data']) || object['data'] === undefined)
  ) {
    return object;
  }
  const encoded = Object.entries(stringData).map(
    ([key, text]) => [key, Buffer.from(text).toString('base64')] as const,
  );
  const { apiVersion, kind, metadata } = object;
  return { ...rest, apiVersion, kind, metadata, data: { ...object['data'], ...Object.fromEntries(encoded) } };
}

/** Anything else is left as it is, for the server to refuse by name. */
function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}
