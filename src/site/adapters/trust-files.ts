import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makePath, SealiftError } from '../../core/index.ts';
import { checkRootName } from '../trusted-root-name.ts';
import { isThere } from './is-there.ts';
import { onDisk } from './on-disk.ts';

/** Bytes of a root file, read no further: Sigstore's has 7 KB, and a policy of many instances names a handful. */
const maxRootBytes = 1024 * 1024;

/** A site trusts one or two instances of Sigstore; more files than this are somebody's mistake. */
const maxRoots = 64;

/** A trusted root that comes with the program. */
export interface ShippedRoot {
  readonly name: string;
  readonly content: Uint8Array;
  /** Milliseconds since the epoch: the day it was published. */
  readonly since: number;
}

/** A trusted root that policies may name. */
export interface StoredRoot extends ShippedRoot {
  /** `sha256:<hex>` of the content. */
  readonly id: string;
  /** It came with the program; what a site stores under the same name takes its place. */
  readonly isShipped: boolean;
}

const rootSuffix = '.json';

export function idOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** The file that holds the root of this name. @throws SealiftError USAGE for what is no name. */
export function rootPath(directory: string, name: string): string {
  return join(directory, `${checkRootName(name)}${rootSuffix}`);
}

export function makeTrustDirectory(directory: string): void {
  onDisk(directory, () => makePath(directory, { mkdirSync, statSync }, 0o700));
}

/**
 * All roots of a site, shipped ones first. Nothing of them is checked but their size.
 * @throws SealiftError TRUST_INVALID for a file that is too large or of no name, DISK_FAILED.
 */
export function readTrustFiles(directory: string, shipped: readonly ShippedRoot[]): readonly StoredRoot[] {
  const stored = onDisk(directory, () => readFiles(directory));
  const names = new Set(stored.map(({ name }) => name));
  const own = shipped
    .filter(({ name }) => !names.has(name))
    .map((root) => ({ ...root, id: idOf(root.content), isShipped: true }));
  return [...own, ...stored];
}

function readFiles(directory: string): readonly StoredRoot[] {
  if (!isThere(directory)) return [];
  const files = readdirSync(directory).filter((file) => file.endsWith(rootSuffix) && !file.startsWith('.'));
  if (files.length > maxRoots)
    throw invalid(directory, `expected at most ${maxRoots} trusted roots, got ${files.length}`);
  return files.sort().map((file) => readOne(join(directory, file), file.slice(0, -rootSuffix.length)));
}

function readOne(path: string, name: string): StoredRoot {
  const { size, mtimeMs } = statSync(path);
  if (size > maxRootBytes) throw invalid(path, `expected at most ${maxRootBytes} bytes, got ${size}`);
  const content = readFileSync(path);
  return { name, content, since: mtimeMs, id: idOf(content), isShipped: false };
}

function invalid(subject: string, detail: string): SealiftError {
  return new SealiftError('TRUST_INVALID', subject, detail);
}
