import { deliveryText, type Kustomization } from '../../api/index.ts';
import { formatJson } from '../../core/index.ts';
import { type BuildSources, decryptSources } from '../decryption/decrypt-sources.ts';
import type { Decryption } from '../decryption/decryption.ts';
import { type BuiltFrom, originsOf } from '../explain/object-origins.ts';
import { generateKustomization } from '../kustomization/generate-kustomization.ts';
import { KustomizationCheck } from '../kustomization/kustomization-check.ts';
import { type KustomizationFile, parseKustomization } from '../kustomization/kustomization-file.ts';
import { SourcePlaces } from '../kustomization/source-places.ts';
import type { ReadTree } from '../kustomize/duplicate.ts';
import { type KustomizeRun, type Printed, removalOf, runKustomize } from '../kustomize/kustomize-run.ts';
import type { TreePart, Workspaces } from '../kustomize/workspace.ts';
import type { ObjectOrigin } from '../objects/built-object.ts';
import type { Faults } from '../objects/faults.ts';
import { addObjects, type ObjectCollection } from '../objects/objects.ts';
import type { Exec } from '../programs/exec.ts';
import type { TreeScan } from '../tree/scan-tree.ts';
import { childPath, relativePath, type Tree } from '../tree/tree.ts';
import { isList } from '../yaml/json-value.ts';

export interface OverlayPorts {
  readonly exec: Exec;
  readonly workspaces: Workspaces;
  /** Absolute path of kustomize. */
  readonly kustomize: string;
}

export interface OverlayRequest {
  readonly delivery: Kustomization;
  readonly tree: Tree;
  /** Absolute directory of the artifact. */
  readonly root: string;
  /** Directory of the delivery in the tree. */
  readonly directory: string;
  readonly scan: TreeScan;
  /** Set when the delivery asks to decrypt. */
  readonly decryption: Decryption | undefined;
  /** Asks kustomize a second time, for where each object comes from. */
  readonly explain: boolean;
}

async function presentComponents({ delivery, tree, directory }: OverlayRequest): Promise<readonly string[]> {
  const { components, ignoreMissingComponents } = delivery.spec;
  if (!ignoreMissingComponents) return components;
  const kinds = await Promise.all(
    components.map((component) => {
      const path = relativePath(directory, component);
      return path === undefined ? 'other' : tree.kind(path);
    }),
  );
  return components.filter((_, index) => kinds[index] !== undefined);
}

/** The names below the delivery's directory that a generated kustomization lists. */
function resourcesOf({ directory, scan }: OverlayRequest): readonly string[] {
  const below = (path: string): string => `./${directory === '' ? path : path.slice(directory.length + 1)}`;
  const bases = scan.nested.map((path) => path.slice(0, path.lastIndexOf('/')));
  return [...scan.files, ...bases].map(below);
}

async function existingFile(request: OverlayRequest, faults: Faults): Promise<KustomizationFile> {
  const { own } = request.scan;
  if (own !== undefined) return parseKustomization(own, await request.tree.text(own), faults);
  const path = childPath(request.directory, 'kustomization.yaml');
  return { path, value: { resources: resourcesOf(request) }, place: () => path };
}

/** Places of what the spec asks for are those of the spec. */
function specPlace({ metadata: { namespace, name } }: Kustomization, field: string): string {
  return `${deliveryText({ namespace, name })} spec.${field}`;
}

/** Behind the patches of the file come those of the spec. */
function placeIn({ value, place }: KustomizationFile, delivery: Kustomization): KustomizationFile['place'] {
  const count = isList(value['patches']) ? value['patches'].length : 0;
  return (at) => {
    const added = at[0] === 'patches' ? Number(at[1]) - count : -1;
    return added < 0 ? place(at) : `${specPlace(delivery, 'patches')} item ${added + 1}`;
  };
}

interface Prepared {
  /** The one that is built. */
  readonly own: KustomizationFile;
  /** Those that it leads to. */
  readonly others: readonly KustomizationFile[];
  /** All that it leads to. */
  readonly sources: BuildSources;
  /** What kustomize has to find. */
  readonly part: Omit<TreePart, 'root'>;
}

/** The kustomization to build, checked with all that it leads to. */
async function prepare(request: OverlayRequest, faults: Faults, signal: AbortSignal): Promise<Prepared> {
  const { delivery, tree, directory } = request;
  const existing = await existingFile(request, faults);
  const components = await presentComponents(request);
  const check = new KustomizationCheck(tree, faults, signal);
  await check.check(existing, directory);
  const added: KustomizationFile = {
    path: existing.path,
    value: { components },
    place: () => specPlace(delivery, 'components'),
  };
  await check.check(added, directory);
  const { path } = existing;
  const value = generateKustomization(existing.value, delivery.spec, components);
  const reached = new Map(check.reached.map(({ file }) => [file.path, file] as const));
  return {
    own: { path, value, place: placeIn(existing, delivery) },
    others: [...reached.values()].filter((file) => file.path !== path),
    sources: { kustomizations: check.reached, files: check.files },
    part: { files: check.read, directories: new Set([directory, ...check.directories]) },
  };
}

type ChangedFiles = ReadonlyMap<string, string | Uint8Array>;

/** The files that are other ones in the private copy. */
async function changedFiles(
  { decryption, tree }: OverlayRequest,
  { own, sources }: Prepared,
): Promise<ChangedFiles> {
  const decrypted = decryption === undefined ? [] : await decryptSources(decryption, tree, sources);
  return new Map<string, string | Uint8Array>([...decrypted, [own.path, formatJson(own.value)]]);
}

interface Traced extends Printed {
  /** By the number of the document; empty unless they were asked for. */
  readonly origins: readonly (ObjectOrigin | undefined)[];
}

async function print(
  run: KustomizeRun,
  from: BuiltFrom,
  { changed, explain }: { readonly changed: ChangedFiles; readonly explain: boolean },
  signal: AbortSignal,
): Promise<Traced> {
  for (const [path, content] of changed) run.workspace.write(path, content);
  const output = await runKustomize(run, !explain, signal);
  const origins = explain ? await originsOf(run, from, signal) : [];
  return { ...output, origins };
}

/** Builds a tree with the real kustomize, in a private copy that is gone afterwards. */
export async function buildOverlay(
  request: OverlayRequest,
  ports: OverlayPorts,
  collection: ObjectCollection,
  signal: AbortSignal,
): Promise<void> {
  const { faults, warnings } = collection;
  const { directory, tree, root, explain } = request;
  const prepared = await prepare(request, faults, signal);
  const { own, others, sources, part } = prepared;
  faults.throwIfAny(own.path);
  const changed = await changedFiles(request, prepared);
  const textOf = async (path: string): Promise<string> =>
    Buffer.from(changed.get(path) ?? (await tree.text(path))).toString('utf8');
  for (const path of changed.keys()) if (path !== own.path) collection.clearTexts.push(await textOf(path));
  const workspace = await ports.workspaces.open({ root, ...part }, signal);
  const remove = removalOf(workspace);
  const read: ReadTree = {
    // The one that is built says what the delivery asks for as well.
    kustomizations: [...sources.kustomizations, { directory, value: own.value }],
    files: new Set([...part.files, own.path]),
    places: new SourcePlaces(tree),
  };
  const run = { ...ports, workspace, remove, directory, file: own.path, read };
  const printing = print(run, { own, others, read: textOf }, { changed, explain }, signal);
  // Where nothing was printed, too; what is left goes while the objects are read.
  const removed = printing.then(remove, remove);
  try {
    const { documents, messages, origins } = await printing;
    warnings.push(...messages);
    for (const document of documents) addObjects(document, collection, origins[document.number - 1]);
  } finally {
    await removed;
  }
}
