import type * as z from 'zod';
import { type DesiredState, type SiteObject, siteObjectSchema } from '../api/index.ts';
import { SealiftError } from '../core/index.ts';
import type { ConfigurationFile } from './configuration-file.ts';
import { type Fault, type LocatedDocument, parseFile } from './located-document.ts';

const knownKinds = siteObjectSchema.options.map((option) => option.shape.kind.value);

function dotted(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

function unknownKind(value: unknown): string | undefined {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  if (knownKinds.some((known) => known === kind)) return undefined;
  return `expected one of the kinds ${knownKinds.join(', ')}, got ${typeof kind === 'string' ? kind : 'no kind'}`;
}

/** In the words of all other errors. */
function inOurWords(message: string): string {
  return message
    .replace(/^Invalid (?:input|option): /, '')
    .replace(/, received (\w+)$/, (_, type: string) => `, got ${type === 'undefined' ? 'nothing' : type}`);
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const at = dotted(issue.path);
  if (issue.code === 'unrecognized_keys')
    return `${at === '' ? '' : `${at}: `}unknown field ${issue.keys.join(', ')}`;
  const detail = inOurWords(issue.message);
  return at === '' ? detail : `${at}: ${detail}`;
}

function parseDocument(document: LocatedDocument): SiteObject | readonly Fault[] {
  const wrongKind = unknownKind(document.value);
  if (wrongKind !== undefined) return [{ place: document.placeOf(), detail: wrongKind }];
  const parsed = siteObjectSchema.safeParse(document.value);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map((issue) => {
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
    return { place: document.placeOf(path), detail: describeIssue(issue) };
  });
}

function isFaults(parsed: SiteObject | readonly Fault[]): parsed is readonly Fault[] {
  return Array.isArray(parsed);
}

/** Collects objects; a second one of the same name is a fault that names both places. */
class Collector {
  readonly objects: SiteObject[] = [];
  readonly faults: Fault[] = [];
  /** Where each object stands. */
  readonly documents = new Map<SiteObject, LocatedDocument>();
  readonly #places = new Map<string, string>();

  add(document: LocatedDocument): void {
    const parsed = parseDocument(document);
    if (isFaults(parsed)) {
      this.faults.push(...parsed);
      return;
    }
    const key = `${parsed.kind}/${parsed.metadata.namespace}/${parsed.metadata.name}`;
    const first = this.#places.get(key);
    if (first !== undefined) {
      this.faults.push({ place: document.placeOf(), detail: `${key} is already defined at ${first}` });
      return;
    }
    this.#places.set(key, document.placeOf());
    this.objects.push(parsed);
    this.documents.set(parsed, document);
  }
}

function ofKind<K extends SiteObject['kind']>(
  objects: readonly SiteObject[],
  kind: K,
): readonly Extract<SiteObject, { kind: K }>[] {
  return objects.filter((object): object is Extract<SiteObject, { kind: K }> => object.kind === kind);
}

function refuse(faults: readonly Fault[]): never {
  const [first] = faults;
  const lines = faults.map(({ place, detail }) => `${place}: ${detail}`);
  const detail =
    faults.length === 1 ? (first?.detail ?? '') : `${faults.length} faults\n  ${lines.join('\n  ')}`;
  throw new SealiftError(
    'CONFIG_INVALID',
    faults.length === 1 ? (first?.place ?? '') : 'configuration',
    detail,
  );
}

/** Something wrong inside an object that its schema cannot tell. */
export interface ObjectFault {
  readonly object: SiteObject;
  readonly path: readonly PropertyKey[];
  readonly detail: string;
}

/** Looks at a configuration as a whole for what its schemas cannot tell. */
export type CheckConfiguration = (desired: DesiredState) => Promise<readonly ObjectFault[]>;

/**
 * Reads a whole configuration. All faults are reported together, each with file, line and column; nothing of a faulty one is used.
 * @throws SealiftError CONFIG_INVALID, also for a configuration without any object: emptiness is never an order to delete.
 */
export function parseConfiguration(files: readonly ConfigurationFile[]): DesiredState {
  return desiredOf(collect(files));
}

/** Reads a whole configuration as `parseConfiguration` does, and refuses what `check` finds in it, each with its place. */
export async function checkedConfiguration(
  files: readonly ConfigurationFile[],
  check: CheckConfiguration,
): Promise<DesiredState> {
  const collector = collect(files);
  const desired = desiredOf(collector);
  const faults = (await check(desired)).map(({ object, path, detail }) => ({
    place: collector.documents.get(object)?.placeOf(path) ?? object.metadata.name,
    detail: `${dotted(path)}: ${detail}`,
  }));
  if (faults.length > 0) refuse(faults);
  return desired;
}

function collect(files: readonly ConfigurationFile[]): Collector {
  const collector = new Collector();
  for (const file of files) {
    const parsed = parseFile(file);
    collector.faults.push(...parsed.faults);
    for (const document of parsed.documents) collector.add(document);
  }
  const { faults, objects } = collector;
  if (faults.length > 0) refuse(faults);
  if (objects.length === 0) refuse([{ place: namesOf(files), detail: 'expected an object, got none' }]);
  return collector;
}

/** Enough to see which they are. */
function namesOf(files: readonly ConfigurationFile[]): string {
  const named = files.slice(0, 3).map(({ path }) => path);
  return files.length > 3 ? `${named.join(', ')} and ${files.length - 3} more files` : named.join(', ');
}

function desiredOf({ objects }: Collector): DesiredState {
  return {
    sources: ofKind(objects, 'OCIRepository'),
    deliveries: ofKind(objects, 'Kustomization'),
    secrets: ofKind(objects, 'Secret'),
    configMaps: ofKind(objects, 'ConfigMap'),
    policies: ofKind(objects, 'VerificationPolicy'),
  };
}
