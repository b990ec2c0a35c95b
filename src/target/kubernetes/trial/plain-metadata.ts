import type { KubernetesObject } from '../../../core/index.ts';

const plainFields: ReadonlySet<string> = new Set(['name', 'namespace', 'labels', 'annotations']);

/** Of all annotations of an object together: https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/ */
const maxAnnotationBytes = 262_144;

/** True when metadata hold nothing but names, labels and annotations that every server takes; the name itself is for its kind to judge. */
export function hasPlainMetadata(metadata: KubernetesObject['metadata']): boolean {
  const { labels, annotations } = metadata;
  return (
    Object.keys(metadata).every((field) => plainFields.has(field)) &&
    isMap(labels, isLabelValue) &&
    isMap(annotations, () => true) &&
    bytesOf(annotations) <= maxAnnotationBytes
  );
}

/** https://www.rfc-editor.org/rfc/rfc1123: a label of a host name. */
export function isLabelName(name: string): boolean {
  return name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name);
}

/** https://www.rfc-editor.org/rfc/rfc1123: a host name. */
export function isNameWithDots(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);
}

type Texts = Readonly<Record<string, string>>;

/** Builds pass on whatever somebody wrote. */
function isMap(map: Texts | undefined, isValue: (text: string) => boolean): boolean {
  if (map === undefined) return true;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return false;
  return Object.entries(map).every(
    ([key, value]) => isQualifiedName(key) && typeof value === 'string' && isValue(value),
  );
}

/** `[PREFIX/]NAME`: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
function isQualifiedName(key: string): boolean {
  const slash = key.indexOf('/');
  const [prefix, name] = slash === -1 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
  return (prefix === undefined || isNameWithDots(prefix)) && name !== '' && isLabelValue(name);
}

function isLabelValue(value: string): boolean {
  return value.length <= 63 && /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value);
}

function bytesOf(map: Texts = {}): number {
  return Object.entries(map).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
}
