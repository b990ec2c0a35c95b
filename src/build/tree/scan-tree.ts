import { SealiftError } from '../../core/index.ts';
import { maxTreeEntries } from '../yaml/yaml-limits.ts';
import { childPath, type Tree } from './tree.ts';

/** The names under which kustomize finds its configuration, in this order. */
const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** True for a path under which kustomize looks for its configuration. */
export function isKustomization(path: string): boolean {
  return kustomizationNames.includes(path.slice(path.lastIndexOf('/') + 1));
}

/** What a delivery's directory holds, as Flux looks at it. */
export interface TreeScan {
  /** The kustomization file of the directory itself. */
  readonly own: string | undefined;
  /** The kustomization files of directories below it; what lies below those is theirs. */
  readonly nested: readonly string[];
  /** All YAML files that belong to no kustomization below. */
  readonly files: readonly string[];
  /** Entries that are neither file nor directory. */
  readonly skipped: readonly string[];
}

/** The kustomization file of a directory. */
export async function findKustomization(tree: Tree, directory: string): Promise<string | undefined> {
  for (const name of kustomizationNames) {
    const path = childPath(directory, name);
    if ((await tree.kind(path)) === 'file') return path;
  }
  return undefined;
}

interface Found {
  entries: number;
  readonly nested: string[];
  readonly files: string[];
  readonly skipped: string[];
}

function refuseCrowd({ entries }: Found, directory: string): void {
  if (entries <= maxTreeEntries) return;
  const detail = `expected at most ${maxTreeEntries} files and directories to build from, got more`;
  throw new SealiftError('YAML_LIMIT_EXCEEDED', directory === '' ? '.' : directory, detail);
}

async function walk(tree: Tree, directory: string, found: Found, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const entries = await tree.list(directory);
  found.entries += entries.length;
  refuseCrowd(found, directory);
  for (const { name, kind } of entries) {
    const path = childPath(directory, name);
    if (kind === 'other') found.skipped.push(path);
    else if (kind === 'file' && /\.ya?ml$/.test(name)) found.files.push(path);
    else if (kind === 'directory') await enter(tree, path, found, signal);
  }
}

async function enter(tree: Tree, directory: string, found: Found, signal: AbortSignal): Promise<void> {
  const kustomization = await findKustomization(tree, directory);
  if (kustomization === undefined) await walk(tree, directory, found, signal);
  else found.nested.push(kustomization);
}

/** Looks at a directory the way kustomize-controller does when it has to make a kustomization file for it. */
export async function scanTree(tree: Tree, directory: string, signal: AbortSignal): Promise<TreeScan> {
  const own = await findKustomization(tree, directory);
  const found: Found = { entries: 0, nested: [], files: [], skipped: [] };
  if (own === undefined) await walk(tree, directory, found, signal);
  const { nested, files, skipped } = found;
  return { own, nested, files, skipped };
}
