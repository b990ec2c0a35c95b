import { parseDocument } from 'yaml';
import type { KubernetesObject } from '../core/index.ts';

/** Aliases in one document; manifests hardly have any, and each may stand for a large value. */
const maxAliases = 100;

export type ManifestReading =
  | { readonly kind: 'object'; readonly object: KubernetesObject }
  /** `detail` quotes nothing: the text may hold secrets. */
  | { readonly kind: 'unreadable'; readonly detail: string };

/** Reads one object from text that anybody may have written. Integers beyond 2^53 become `bigint`. */
export function readManifest(text: string): ManifestReading {
  let content: unknown;
  try {
    const document = parseDocument(text, {
      intAsBigInt: true,
      logLevel: 'silent',
      prettyErrors: false,
      schema: 'core',
      stringKeys: true,
    });
    const [fault] = document.errors;
    if (fault !== undefined) return unreadable(`no valid YAML (${fault.code} at byte ${fault.pos[0]})`);
    content = plain(document.toJS({ maxAliasCount: maxAliases }));
  } catch (thrown) {
    return unreadable(`no valid YAML (${thrown instanceof RangeError ? 'too deep' : 'too many aliases'})`);
  }
  return isObject(content) ? { kind: 'object', object: content } : unreadable('no single Kubernetes object');
}

function unreadable(detail: string): ManifestReading {
  return { kind: 'unreadable', detail };
}

/** Only integers that a `number` cannot hold stay `bigint`. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}

function isObject(value: unknown): value is KubernetesObject {
  if (!isMap(value) || !isMap(value.metadata)) return false;
  const { apiVersion, kind, metadata } = value;
  const { name, namespace, labels, annotations } = metadata;
  return (
    [apiVersion, kind, name].every((text) => typeof text === 'string' && text !== '') &&
    (namespace === undefined || typeof namespace === 'string') &&
    [labels, annotations].every((map) => map === undefined || isMap(map))
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
