import { formatRef, type KubernetesObject, refOf } from '../core/index.ts';
import type { BuiltObject } from './built-object.ts';
import type { Faults } from './faults.ts';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const maxNameLength = 253;
const maxLabelLength = 63;

const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
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
    textMapFault('annotations', annotations)
  );
}

/** Checks what every stage after this one relies on: types, names, labels, and that no object is there twice. */
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
