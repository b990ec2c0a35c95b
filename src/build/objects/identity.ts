import type { Kustomization } from '../../api/index.ts';
import { formatRef, type KubernetesObject, refOf } from '../../core/index.ts';
import { builtInKind } from './built-in-kinds.ts';
import type { BuiltObject } from './built-object.ts';
import type { Faults } from './faults.ts';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const maxNameLength = 253;
const maxLabelLength = 63;

const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** A label's value, and a key behind its prefix: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const wordPattern = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
/** Of all annotations of an object, keys included: what the API takes. */
const maxAnnotationBytes = 256 * 1024;
const apiVersionPattern = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const kindPattern = /^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$/;
// A name is a segment of a URL and of a file name; the API itself refuses these.
const unsafeInName = /[/%\p{Cc}\p{Zl}\p{Zp}]/u;

function nameFault(name: unknown): string | undefined {
  if (typeof name !== 'string' || name === '') return 'metadata.name: expected a string';
  if (name.length > maxNameLength) {
    return `metadata.name: expected at most ${maxNameLength} characters, got ${name.length}`;
  }
  const unsafe = name === '.' || name === '..' || unsafeInName.test(name);
  return unsafe ? 'metadata.name: expected no "/", no "%", no control character, not "." or ".."' : undefined;
}

/** Named by rules of their own: by what they stand for, or by any segment of a path. */
const freelyNamed =
  /^(?:rbac\.authorization\.k8s\.io|apiregistration\.k8s\.io|certificates\.k8s\.io)\/|\/CSIDriver$/;
const namedByLabel = new Set(['/Namespace', '/Service']);

/** Custom kinds may take any name that is a segment of a path; most built-in ones are part of host names. */
function builtInNameFault(object: KubernetesObject): string | undefined {
  const { group, kind, name } = refOf(object);
  const key = `${group}/${kind}`;
  if (builtInKind(group, kind) === undefined || freelyNamed.test(key)) return undefined;
  if (namedByLabel.has(key)) {
    const valid = name.length <= maxLabelLength && labelPattern.test(name);
    return valid ? undefined : `metadata.name: expected a lower-case DNS label for a ${kind}`;
  }
  return subdomainPattern.test(name)
    ? undefined
    : `metadata.name: expected a lower-case DNS name for a ${kind}`;
}

/** The API server drops such a field without a word. */
function unknownFieldFault(object: KubernetesObject): string | undefined {
  const { group, kind } = refOf(object);
  const known = builtInKind(group, kind)?.fields;
  const unknown = known && Object.keys(object).find((field) => !known.has(field));
  return unknown === undefined ? undefined : `unknown field ${JSON.stringify(unknown)} of a ${kind}`;
}

function keyFault(field: string, key: string): string | undefined {
  const slash = key.indexOf('/');
  const prefix = key.slice(0, Math.max(slash, 0));
  const validPrefix = slash < 0 || (prefix.length <= maxNameLength && subdomainPattern.test(prefix));
  return validPrefix && wordPattern.test(key.slice(slash + 1))
    ? undefined
    : `metadata.${field}: expected NAME or PREFIX/NAME as key, got ${JSON.stringify(key)}`;
}

/** What every API server asks of labels; their values are not told, nor are those of annotations. */
function labelFault({ metadata: { labels = {} } }: KubernetesObject): string | undefined {
  for (const [key, value] of Object.entries(labels)) {
    const fault = keyFault('labels', key);
    if (fault !== undefined) return fault;
    // Variables that nobody set stay where substitution is not asked for, and Flux builds such a tree.
    if (value !== '' && !value.includes('${') && !wordPattern.test(value)) {
      return `metadata.labels: expected at most ${maxLabelLength} letters, digits, "-", "_" and "." as ${key}`;
    }
  }
  return undefined;
}

function annotationFault({ metadata: { annotations = {} } }: KubernetesObject): string | undefined {
  const entries = Object.entries(annotations);
  const size = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  if (size > maxAnnotationBytes) {
    return `metadata.annotations: expected at most ${maxAnnotationBytes} bytes in all, got ${size}`;
  }
  // Unlike those of labels, their keys may have capitals in the prefix.
  const faults = entries.map(([key]) => keyFault('annotations', key.toLowerCase()));
  return faults.find((fault) => fault !== undefined);
}

function namespaceFault(namespace: unknown): string | undefined {
  if (namespace === undefined) return undefined;
  const valid =
    typeof namespace === 'string' && namespace.length <= maxLabelLength && labelPattern.test(namespace);
  return valid ? undefined : 'metadata.namespace: expected a lower-case DNS label';
}

function typeFault(object: KubernetesObject): string | undefined {
  const { apiVersion, kind } = object as { readonly apiVersion: unknown; readonly kind: unknown };
  if (
    typeof apiVersion !== 'string' ||
    apiVersion.length > maxNameLength ||
    !apiVersionPattern.test(apiVersion)
  ) {
    return 'apiVersion: expected VERSION or GROUP/VERSION';
  }
  const valid = typeof kind === 'string' && kind.length <= maxLabelLength && kindPattern.test(kind);
  return valid ? undefined : 'kind: expected letters and digits';
}

function textMapFault(field: string, map: unknown): string | undefined {
  if (map === undefined) return undefined;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    return `metadata.${field}: expected a map of strings`;
  }
  const wrong = Object.entries(map).find(([, value]) => typeof value !== 'string');
  return wrong === undefined ? undefined : `metadata.${field}: expected a string as ${wrong[0]}; quote it`;
}

function identityFault(object: KubernetesObject): string | undefined {
  const { name, namespace, labels, annotations } = object.metadata;
  return (
    typeFault(object) ??
    nameFault(name) ??
    namespaceFault(namespace) ??
    textMapFault('labels', labels) ??
    textMapFault('annotations', annotations) ??
    builtInNameFault(object) ??
    labelFault(object) ??
    annotationFault(object) ??
    unknownFieldFault(object)
  );
}

/** Checks what `spec.commonMetadata` puts on every object. */
export function checkCommonMetadata(
  common: Kustomization['spec']['commonMetadata'],
  delivery: string,
  faults: Faults,
): void {
  const marked = { apiVersion: 'v1', kind: 'Any', metadata: { name: 'any', ...common } };
  const fault = labelFault(marked) ?? annotationFault(marked);
  if (fault !== undefined) faults.add('OBJECT_INVALID', `${delivery} spec.commonMetadata`, fault);
}

/** Checks what every stage after this one relies on and every API server asks for, and that no object is there twice. */
export function checkIdentities(objects: readonly BuiltObject[], faults: Faults): void {
  const places = new Map<string, string>();
  for (const { object, place } of objects) {
    const fault = identityFault(object);
    if (fault !== undefined) {
      faults.add('OBJECT_INVALID', place, fault);
      continue;
    }
    const ref = refOf(object);
    const key = [ref.group, ref.kind, ref.namespace, ref.name].join('\n');
    const first = places.get(key);
    if (first === undefined) places.set(key, place);
    else faults.add('OBJECT_DUPLICATE', place, `${formatRef(ref)} is already defined at ${first}`);
  }
}
