import type { Kustomization } from '../api/index.ts';
import { asSealiftError, formatJson, SealiftError } from '../core/index.ts';
import type { ObjectOrigin } from './built-object.ts';
import { type BuildSources, decryptSources } from './decryption/decrypt-sources.ts';
import type { Decryption } from './decryption/decryption.ts';
import { duplicateError, type ReadTree } from './duplicate.ts';
import type { Exec } from './exec.ts';
import type { Faults } from './faults.ts';
import { generateKustomization } from './generate-kustomization.ts';
import type { JsonObject } from './json-value.ts';
import { KustomizationCheck } from './kustomization-check.ts';
import { type KustomizationFile, parseKustomization } from './kustomization-file.ts';
import { type KustomizeOutput, readOutcome } from './kustomize-outcome.ts';
import { addObjects, type ObjectCollection } from './objects.ts';
import { OriginSources, readOrigins, withOriginMetadata } from './origins.ts';
import type { TreeScan } from './scan-tree.ts';
import { SourcePlaces } from './source-places.ts';
import { childPath, relativePath, type Tree } from './tree.ts';
import type { TreePart, Workspace, Workspaces } from './workspace.ts';
import { readYaml } from './yaml-readings.ts';

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
function specPlace(delivery: Kustomization): string {
  return `Kustomization/${delivery.metadata.namespace}/${delivery.metadata.name} spec.components`;
}

interface Prepared {
  readonly path: string;
  readonly text: string;
  readonly value: JsonObject;
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
    place: () => specPlace(delivery),
  };
  await check.check(added, directory);
  const value = generateKustomization(existing.value, delivery.spec, components);
  return {
    path: existing.path,
    value,
    text: formatJson(value),
    sources: { kustomizations: check.reached, files: check.files },
    part: { files: check.read, directories: new Set([directory, ...check.directories]) },
  };
}

/** The files that are other ones in the private copy. */
async function changedFiles(
  { decryption, tree }: OverlayRequest,
  { path, text, sources }: Prepared,
): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const decrypted = decryption === undefined ? [] : await decryptSources(decryption, tree, sources);
  return new Map<string, string | Uint8Array>([...decrypted, [path, text]]);
}

interface Run {
  readonly request: OverlayRequest;
  readonly ports: OverlayPorts;
  readonly workspace: Workspace;
  /** Removes the workspace; again is the same as once. */
  readonly remove: () => Promise<void>;
  /** The kustomization that is built, for messages. */
  readonly file: string;
  readonly read: ReadTree;
}

/** `isLast`: nothing is done in the workspace any more. */
async function runKustomize(run: Run, isLast: boolean, signal: AbortSignal): Promise<KustomizeOutput> {
  const { request, ports, workspace, file, read, remove } = run;
  const running = ports.exec.run(
    {
      program: ports.kustomize,
      args: [
        'build',
        '--load-restrictor',
        'LoadRestrictionsNone',
        childPath(workspace.root, request.directory),
      ],
      directory: workspace.root,
      home: workspace.home,
      // It has read all files by then; while it prints and ends they go.
      ...(isLast ? { outputBegins: remove } : {}),
    },
    signal,
  );
  const outcome = await running.catch((thrown: unknown) => {
    signal.throwIfAborted();
    throw asSealiftError(thrown, ports.kustomize, 'KUSTOMIZE_FAILED');
  });
  try {
    return readOutcome(outcome, file, workspace.root);
  } catch (thrown) {
    if (!(thrown instanceof SealiftError)) throw thrown;
    // What cannot be looked up changes nothing about what kustomize said.
    throw await duplicateError(thrown, read).catch(() => thrown);
  }
}

/** Builds once more with kustomize's annotations about origins; what they say of each document that it prints. */
async function originsOf(
  run: Run,
  kustomization: JsonObject,
  signal: AbortSignal,
): Promise<readonly (ObjectOrigin | undefined)[]> {
  const { request, workspace, file, read } = run;
  workspace.write(file, formatJson(withOriginMetadata(kustomization)));
  const { text } = await runKustomize(run, true, signal);
  const sources = new OriginSources(read.places, request.directory);
  const origins: (ObjectOrigin | undefined)[] = [];
  for (const told of readOrigins(text)) {
    signal.throwIfAborted();
    origins.push(told === undefined ? undefined : await sources.resolve(told));
  }
  return origins;
}

interface Printed extends KustomizeOutput {
  /** By the number of the document; empty unless they were asked for. */
  readonly origins: readonly (ObjectOrigin | undefined)[];
}

async function print(
  run: Run,
  {
    changed,
    kustomization,
  }: { changed: ReadonlyMap<string, string | Uint8Array>; kustomization: JsonObject },
  signal: AbortSignal,
): Promise<Printed> {
  for (const [path, content] of changed) run.workspace.write(path, content);
  const { explain } = run.request;
  const output = await runKustomize(run, !explain, signal);
  const origins = explain ? await originsOf(run, kustomization, signal) : [];
  return { ...output, origins };
}

/** The same removal, however often it is asked for. */
function removalOf(workspace: Workspace): () => Promise<void> {
  let removed: Promise<void> | undefined;
  return () => {
    removed ??= workspace.remove();
    // Whoever waits for it is told; until somebody does, it may have failed already.
    removed.catch(() => undefined);
    return removed;
  };
}

/** Builds a tree with the real kustomize, in a private copy that is gone afterwards. */
export async function buildOverlay(
  request: OverlayRequest,
  ports: OverlayPorts,
  collection: ObjectCollection,
  signal: AbortSignal,
): Promise<void> {
  const { faults, warnings } = collection;
  const prepared = await prepare(request, faults, signal);
  faults.throwIfAny(prepared.path);
  const changed = await changedFiles(request, prepared);
  for (const [path, content] of changed) {
    if (path !== prepared.path) collection.clearTexts.push(Buffer.from(content).toString('utf8'));
  }
  const workspace = await ports.workspaces.open({ root: request.root, ...prepared.part }, signal);
  const read: ReadTree = {
    // The one that is built says what the delivery asks for as well.
    kustomizations: [
      ...prepared.sources.kustomizations,
      { directory: request.directory, value: prepared.value },
    ],
    files: new Set([...prepared.part.files, prepared.path]),
    places: new SourcePlaces(request.tree),
  };
  const remove = removalOf(workspace);
  const run = { request, ports, workspace, remove, file: prepared.path, read };
  const printing = print(run, { changed, kustomization: prepared.value }, signal);
  // Where nothing was printed, too; what is left goes while the objects are read.
  const removed = printing.then(remove, remove);
  try {
    const { text, messages, origins } = await printing;
    warnings.push(...messages);
    for (const document of readYaml(`kustomize build of ${prepared.path}`, text, 'printed'))
      addObjects(document, collection, origins[document.number - 1]);
  } finally {
    await removed;
  }
}
