import { type KubernetesObject, SealiftError } from '../../core/index.ts';
import { isList, isObject, type JsonObject, type JsonValue } from '../yaml/json-value.ts';
import { maxDocuments } from '../yaml/yaml-limits.ts';
import type { YamlReading } from '../yaml/yaml-readings.ts';
import type { BuiltObject, ObjectOrigin } from './built-object.ts';
import type { Faults } from './faults.ts';

/** Kustomize's own files: they configure a build and are never part of what it yields. */
const kustomizeGroup = 'kustomize.config.k8s.io/';

/** Kustomize leaves such objects out, unless the value is `false`. */
const localConfigAnnotation = 'config.kubernetes.io/local-config';

interface Candidate {
  readonly value: JsonValue;
  readonly place: string;
  readonly quoted: ReadonlySet<string>;
  readonly origin: ObjectOrigin | undefined;
}

/** What a file's documents yield is added here; what is wrong with them goes to the faults. */
export interface ObjectCollection {
  readonly objects: BuiltObject[];
  readonly faults: Faults;
  readonly warnings: string[];
  /** What stood in encrypted files that kustomize was given in clear. */
  readonly clearTexts: string[];
}

function textFault(field: string, value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string' && value !== '') return undefined;
  const got = value === undefined || value === null || value === '' ? 'none' : `a ${typeof value}`;
  const advice = typeof value === 'number' || typeof value === 'boolean' ? '; quote it' : '';
  return `expected ${field} (a string), got ${got}${advice}`;
}

function shapeFault({ apiVersion, kind, metadata }: JsonObject): string | undefined {
  const fault = textFault('an apiVersion', apiVersion) ?? textFault('a kind', kind);
  if (fault !== undefined) return fault;
  if (!isObject(metadata)) return 'expected metadata with a name, got none';
  return textFault('a metadata.name', metadata['name']);
}

function withoutPrefix(quoted: ReadonlySet<string>, prefix: string): ReadonlySet<string> {
  if (quoted.size === 0) return quoted;
  const inside = [...quoted].filter((place) => place.startsWith(`${prefix}/`));
  return new Set(inside.map((place) => place.slice(prefix.length)));
}

/** The items of a `List`; a kind that only ends in `List`, without items, is an object like any other. */
function listItems(value: JsonObject): JsonValue | undefined {
  const kind = value['kind'];
  return typeof kind === 'string' && kind.endsWith('List') ? value['items'] : undefined;
}

function expand(candidate: Candidate, collection: ObjectCollection): readonly Candidate[] {
  const { value, place, quoted, origin } = candidate;
  const items = isObject(value) ? listItems(value) : undefined;
  if (items === undefined) return [candidate];
  if (items === null) return [];
  if (!isList(items)) {
    collection.faults.add('OBJECT_INVALID', place, 'expected a list as items');
    return [];
  }
  return items.flatMap((item, index) => {
    const inner = withoutPrefix(quoted, `/items/${index}`);
    return expand({ value: item, place: `${place} item ${index + 1}`, quoted: inner, origin }, collection);
  });
}

/** A field without a value reads as the empty string where it stands in braces. */
function isEmpty(value: JsonValue | undefined): boolean {
  return value === null || value === '';
}

/** A label without a value is the empty string, as the API takes it; a field without a value goes. */
function normalizeMap(value: JsonValue | undefined): JsonValue | undefined {
  if (isEmpty(value)) return undefined;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, item ?? '']));
}

/** Kustomize writes no map of annotations without entries. */
function isEmptyMap(value: JsonValue | undefined): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function normalizeMetadata(metadata: JsonObject): JsonObject {
  const { labels, annotations, namespace, ...rest } = metadata;
  const normal = Object.entries({
    namespace: isEmpty(namespace) ? undefined : namespace,
    labels: normalizeMap(labels),
    annotations: isEmptyMap(annotations) ? undefined : normalizeMap(annotations),
  });
  return { ...rest, ...Object.fromEntries(normal.filter(([, value]) => value !== undefined)) } as JsonObject;
}

function isLocal(object: KubernetesObject): boolean {
  const mark = object.metadata.annotations?.[localConfigAnnotation];
  return mark !== undefined && mark !== 'false';
}

function refuseCrowd({ objects }: ObjectCollection, place: string): void {
  if (objects.length <= maxDocuments) return;
  throw new SealiftError('YAML_LIMIT_EXCEEDED', place, `expected at most ${maxDocuments} objects, got more`);
}

function add(candidate: Candidate, collection: ObjectCollection): void {
  const { value, place, quoted, origin } = candidate;
  if (value === null || (isObject(value) && Object.keys(value).length === 0)) return;
  const fault = isObject(value) ? shapeFault(value) : 'expected a Kubernetes object, got other YAML';
  if (fault !== undefined) {
    collection.faults.add('OBJECT_INVALID', place, fault);
    return;
  }
  const { metadata, ...rest } = value as JsonObject;
  const object = {
    ...rest,
    metadata: normalizeMetadata(metadata as JsonObject),
  } as unknown as KubernetesObject;
  if (object.apiVersion.startsWith(kustomizeGroup)) {
    collection.warnings.push(`${place}: left out, a ${object.kind} of kustomize is no object to deliver`);
  } else if (isLocal(object)) {
    collection.warnings.push(`${place}: left out, it is annotated ${localConfigAnnotation}`);
  } else {
    collection.objects.push({ object, place, quoted, ...(origin === undefined ? {} : { origin }) });
    refuseCrowd(collection, place);
  }
}

/** Adds the objects of one document; an empty document adds none. `origin`: what kustomize told of it. */
export function addObjects(reading: YamlReading, collection: ObjectCollection, origin?: ObjectOrigin): void {
  const place = origin?.place ?? reading.place;
  collection.faults.collect(place, () => {
    const { value, quoted } = reading.read();
    for (const candidate of expand({ value, place, quoted, origin }, collection)) add(candidate, collection);
  });
}
