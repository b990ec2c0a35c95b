import { SealiftError } from '../../core/index.ts';
import type { Faults } from '../objects/faults.ts';
import { findKustomization } from '../tree/scan-tree.ts';
import { relativePath, type Tree } from '../tree/tree.ts';
import { placeOf, readYamlDocuments } from '../yaml/full/yaml-documents.ts';
import { readYamlValue } from '../yaml/full/yaml-value.ts';
import { isObject, type JsonObject, type JsonValue } from '../yaml/json-value.ts';
import { type FileReference, fileReferences, stringItems } from './file-references.ts';
import { type KustomizationFile, parseKustomization } from './kustomization-file.ts';

/** Kustomization files of one build. */
const maxKustomizations = 1000;

/** What kustomize would fetch or clone: it asks for these before it looks at the disk. */
const remotePattern = /^(git::|gh:|(www\.)?github\.com[/:]|[^/]*@|[a-z][a-z0-9+.-]*:\/\/)/i;

/** Lists of files. */
const fileListFields = ['crds', 'configurations'];
/** Lists of directories, or of files too. */
const directoryListFields = ['resources', 'bases', 'components'];
/** Lists of plugin configurations: inline, or in files and directories. */
const pluginListFields = ['generators', 'transformers', 'validators'];
/** Fields whose parts name files. */
const holderFields = [
  'openapi',
  'patches',
  'patchesJson6902',
  'replacements',
  'configMapGenerator',
  'secretGenerator',
];
/** All that a directory of plugin configurations may say; anything else could change them after they were checked. */
const pluginDirectoryFields = new Set(['apiVersion', 'kind', 'metadata', 'resources']);

const functionAnnotations = ['config.kubernetes.io/function', 'config.k8s.io/function'];

function pluginFault(value: JsonObject): string | undefined {
  const { kind, metadata } = value;
  if (value['apiVersion'] !== 'builtin')
    return 'expected a builtin plugin (apiVersion: builtin); others run programs';
  if (kind === 'HelmChartInflationGenerator') return 'charts are not rendered by kustomize here';
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  const runs = isObject(annotations) && functionAnnotations.some((key) => annotations[key] !== undefined);
  return runs ? 'expected a builtin plugin, got a function' : undefined;
}

function looksInline(text: string): boolean {
  return text.includes('\n') || text.includes('{');
}

/** Kustomize takes a text that is no object for a path; so must we, or it would be read unchecked. */
function isInlinePatch(text: string): boolean {
  if (!looksInline(text)) return false;
  try {
    const [document] = readYamlDocuments('', text);
    const value = document === undefined ? null : readYamlValue(document, 'source').value;
    if (!isObject(value) || typeof value['kind'] !== 'string') return false;
    return isObject(value['metadata']) && typeof value['metadata']['name'] === 'string';
  } catch (thrown) {
    if (thrown instanceof SealiftError) return false;
    throw thrown;
  }
}

/** Where a visited kustomization stands, and how it is used. */
interface Visit {
  readonly file: KustomizationFile;
  /** Directory of the kustomization. */
  readonly directory: string;
  /** Set in a directory of plugin configurations: the directory that their paths are relative to. */
  readonly pluginBase: string | undefined;
}

/** A kustomization that was checked. */
interface Reached {
  readonly directory: string;
  readonly value: JsonObject;
  readonly file: KustomizationFile;
}

/**
 * Follows everything that kustomize would load from one kustomization on, and refuses what is not a file or directory of
 * the artifact, before kustomize runs: it reads whatever the path says, fetches URLs and clones repositories.
 */
export class KustomizationCheck {
  readonly #tree: Tree;
  readonly #faults: Faults;
  readonly #signal: AbortSignal;
  readonly #visited = new Set<string>();
  readonly #reached: Reached[] = [];
  readonly #files = new Set<string>();
  readonly #read = new Set<string>();
  readonly #directories = new Set<string>();

  constructor(tree: Tree, faults: Faults, signal: AbortSignal) {
    this.#tree = tree;
    this.#faults = faults;
    this.#signal = signal;
  }

  /** The kustomizations that were checked, with their directories. */
  get reached(): readonly Reached[] {
    return this.#reached;
  }

  /** The paths of other files that they name. */
  get files(): ReadonlySet<string> {
    return this.#files;
  }

  /** The paths of all files that kustomize reads, kustomizations included, but for those given to `check`. */
  get read(): ReadonlySet<string> {
    return new Set([...this.#read, ...this.#files]);
  }

  /** The paths of directories that they name. */
  get directories(): ReadonlySet<string> {
    return this.#directories;
  }

  /** Checks a kustomization as if it stood in that directory, and all that it leads to. */
  async check(file: KustomizationFile, directory: string): Promise<void> {
    this.#visited.add(`${directory}\n`);
    await this.#visit({ file, directory, pluginBase: undefined });
  }

  async #visit(visit: Visit): Promise<void> {
    this.#signal.throwIfAborted();
    const { file, directory } = visit;
    const { value } = file;
    this.#reached.push({ directory, value, file });
    if (visit.pluginBase !== undefined) this.#checkPluginDirectory(visit);
    for (const field of directoryListFields) {
      for (const reference of stringItems(value, field)) await this.#resource(visit, reference);
    }
    for (const reference of fileListFields.flatMap((field) => stringItems(value, field))) {
      await this.#file(visit, visit.directory, reference);
    }
    for (const reference of holderFields.flatMap((field) => fileReferences(value[field], [field]))) {
      await this.#file(visit, visit.directory, reference);
    }
    for (const reference of stringItems(value, 'patchesStrategicMerge')) {
      if (!isInlinePatch(reference.text)) await this.#file(visit, visit.directory, reference);
    }
    for (const reference of pluginListFields.flatMap((field) => stringItems(value, field))) {
      await this.#plugin(visit, reference);
    }
  }

  #fault(visit: Visit, reference: FileReference, detail: string): undefined {
    this.#faults.add('KUSTOMIZE_FAILED', visit.file.place(reference.at), detail);
    return undefined;
  }

  /** The path of what a reference names, when it is in the tree. */
  async #resolve(
    visit: Visit,
    base: string,
    reference: FileReference,
  ): Promise<{ path: string; kind: 'file' | 'directory' } | undefined> {
    const { text } = reference;
    const field = String(reference.at[0]);
    if (remotePattern.test(text)) {
      return this.#fault(visit, reference, `${field}: ${text} is remote; nothing is fetched during a build`);
    }
    const path = relativePath(base, text);
    if (path === undefined)
      return this.#fault(visit, reference, `${field}: ${text} leads out of the artifact`);
    const kind = await this.#tree.kind(path);
    if (kind === undefined) return this.#fault(visit, reference, `${field}: ${text} is not in the artifact`);
    if (kind === 'other')
      return this.#fault(visit, reference, `${field}: ${text} is a link or a special file`);
    (kind === 'file' ? this.#files : this.#directories).add(path);
    return { path, kind };
  }

  async #file(visit: Visit, base: string, reference: FileReference): Promise<void> {
    const found = await this.#resolve(visit, base, reference);
    if (found?.kind === 'directory')
      this.#fault(visit, reference, `${reference.text} is a directory, not a file`);
  }

  async #resource(visit: Visit, reference: FileReference): Promise<void> {
    const found = await this.#resolve(visit, visit.directory, reference);
    if (found === undefined) return;
    if (found.kind === 'directory') await this.#enter(found.path, visit.pluginBase);
    else if (visit.pluginBase !== undefined) await this.#pluginFile(visit, reference, found.path);
  }

  async #enter(directory: string, pluginBase: string | undefined): Promise<void> {
    const key = `${directory}\n${pluginBase ?? ''}`;
    if (this.#visited.has(key)) return;
    this.#visited.add(key);
    if (this.#visited.size > maxKustomizations) {
      const detail = `expected at most ${maxKustomizations} kustomizations in a build, got more`;
      throw new SealiftError('YAML_LIMIT_EXCEEDED', directory, detail);
    }
    const path = await findKustomization(this.#tree, directory);
    // Kustomize says itself that a directory without one cannot be built.
    if (path === undefined) return;
    this.#read.add(path);
    const text = await this.#tree.text(path);
    const file = this.#faults.collect(path, () => parseKustomization(path, text, this.#faults));
    if (file !== undefined) await this.#visit({ file, directory, pluginBase });
  }

  #checkPluginDirectory(visit: Visit): void {
    for (const field of Object.keys(visit.file.value)) {
      if (pluginDirectoryFields.has(field)) continue;
      const detail = `${field} is not supported in a directory of plugin configurations`;
      this.#faults.add('KUSTOMIZE_FAILED', visit.file.place([field]), detail);
    }
  }

  async #plugin(visit: Visit, reference: FileReference): Promise<void> {
    if (looksInline(reference.text)) {
      await this.#pluginText(visit, reference, reference.text, visit.file.path);
      return;
    }
    const found = await this.#resolve(visit, visit.directory, reference);
    if (found?.kind === 'directory') await this.#enter(found.path, visit.directory);
    else if (found !== undefined) await this.#pluginFile(visit, reference, found.path);
  }

  async #pluginFile(visit: Visit, reference: FileReference, path: string): Promise<void> {
    await this.#pluginText(visit, reference, await this.#tree.text(path), path);
  }

  async #pluginText(visit: Visit, reference: FileReference, text: string, path: string): Promise<void> {
    const values = this.#faults.collect(path, () => {
      return [...readYamlDocuments(path, text)].map((document) => ({
        place: placeOf(document),
        value: readYamlValue(document, 'printed').value,
      }));
    });
    for (const { place, value } of values ?? []) await this.#pluginValue(visit, reference, place, value);
  }

  async #pluginValue(visit: Visit, reference: FileReference, place: string, value: JsonValue): Promise<void> {
    if (value === null) return;
    const fault = isObject(value) ? pluginFault(value) : 'expected a plugin configuration, got other YAML';
    if (fault !== undefined) this.#faults.add('KUSTOMIZE_FAILED', place, fault);
    const base = visit.pluginBase ?? visit.directory;
    for (const { text } of fileReferences(value, []))
      await this.#file(visit, base, { text, source: text, at: reference.at });
  }
}
