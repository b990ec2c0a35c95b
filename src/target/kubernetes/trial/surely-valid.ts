import { type KubernetesObject, refOf } from '../../../core/index.ts';
import { hasPlainMetadata, isLabelName, isNameWithDots } from './plain-metadata.ts';

type Fields = Readonly<Record<string, unknown>>;

interface PlainKind {
  readonly namespaced: boolean;
  readonly isName: (name: string) => boolean;
  /** What it may have beside apiVersion, kind and metadata. */
  readonly fields: Readonly<Record<string, (value: unknown) => boolean>>;
  /** What no field says by itself. */
  readonly isWhole?: (object: Fields, isNew: boolean) => boolean;
}

/** Of all values of a ConfigMap or a Secret together: `MaxSecretSize` of https://pkg.go.dev/k8s.io/api/core/v1 */
const maxValueBytes = 1_048_576;

/** Kinds so simple that we know of an object what the server would find, but for admission. */
const plainKinds: Readonly<Record<string, PlainKind>> = {
  ConfigMap: {
    namespaced: true,
    isName: isNameWithDots,
    fields: { data: isTexts, binaryData: isBase64Map, immutable: isBoolean },
    isWhole: (object, isNew) => isContent(object, isNew) && areApart(object['data'], object['binaryData']),
  },
  Secret: {
    namespaced: true,
    isName: isNameWithDots,
    // Other types ask for keys of their own.
    fields: { data: isBase64Map, immutable: isBoolean, type: (value) => value === 'Opaque' },
    isWhole: isContent,
  },
  ServiceAccount: {
    namespaced: true,
    isName: isNameWithDots,
    fields: { automountServiceAccountToken: isBoolean },
  },
  Namespace: { namespaced: false, isName: isLabelName, fields: {}, isWhole: hasNoReservedLabel },
};

/**
 * True when the API server would find no fault in an object that is new or is to take the place of another; false says nothing. Takes an object in its
 * applied form. The rules: https://kubernetes.io/docs/concepts/configuration/configmap/, .../secret/ and .../overview/working-with-objects/names/.
 */
export function isSurelyValid(object: KubernetesObject, isNew: boolean): boolean {
  const { apiVersion, kind, metadata, ...rest } = object;
  const plain = apiVersion === 'v1' && Object.hasOwn(plainKinds, kind) ? plainKinds[kind] : undefined;
  if (plain === undefined || !plain.isName(metadata.name) || !hasPlainMetadata(metadata)) return false;
  if (plain.namespaced ? !isLabelName(refOf(object).namespace) : 'namespace' in metadata) return false;
  const isKnown = ([field, value]: [string, unknown]): boolean =>
    Object.hasOwn(plain.fields, field) && plain.fields[field]?.(value) === true;
  return Object.entries(rest).every(isKnown) && plain.isWhole?.(object, isNew) !== false;
}

/** What says of itself that it is immutable may be so already. */
function isContent({ data = {}, binaryData = {}, immutable }: Fields, isNew: boolean): boolean {
  const values = [data, binaryData].flatMap((some) => Object.values(some as Fields));
  const bytes = values.reduce((sum: number, value) => sum + Buffer.byteLength(`${value}`), 0);
  return (isNew || immutable !== true) && bytes <= maxValueBytes;
}

function areApart(texts: unknown = {}, binaries: unknown = {}): boolean {
  return Object.keys(binaries as Fields).every((key) => !Object.hasOwn(texts as Fields, key));
}

/** The server writes one of them itself, and admission reads others. */
function hasNoReservedLabel({ metadata }: Fields): boolean {
  const { labels = {} } = metadata as { readonly labels?: Fields };
  return Object.keys(labels).every((key) => !/(^|\.)(kubernetes|k8s)\.io\//.test(key));
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isTexts(value: unknown): boolean {
  return isMap(value, () => true);
}

function isBase64Map(value: unknown): boolean {
  return isMap(value, (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text));
}

function isMap(value: unknown, isValue: (text: string) => boolean): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([key, text]) => isDataKey(key) && typeof text === 'string' && isValue(text),
  );
}

function isDataKey(key: string): boolean {
  return key.length <= 253 && /^[-._a-zA-Z0-9]+$/.test(key) && key !== '.' && !key.startsWith('..');
}
