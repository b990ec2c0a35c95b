import { rfc3339, SealiftError } from '../../core/index.ts';
import { newestMember } from '../newest-member.ts';
import { checkRootName } from '../trusted-root-name.ts';
import { writeDurably } from './durable-file.ts';
import { onDisk } from './on-disk.ts';
import { idOf, makeTrustDirectory, readTrustFiles, rootPath } from './trust-files.ts';
import type { TrustChange, TrustPlaces } from './trust-store.ts';

export interface RootImport {
  /** As policies name it. */
  readonly name: string;
  readonly content: Uint8Array;
  /** A file or URL, for messages. */
  readonly from: string;
  /** Takes a root whose members are older than those of the one in force: a step back that somebody means. */
  readonly allowOlder: boolean;
}

/**
 * Stores a trusted root for policies to name; it is in place at once and whole, and an agent that runs notices it. Gives what it replaces.
 * @throws SealiftError TRUST_INVALID for what is no trusted root or an older one than in force, USAGE for what is no name, DISK_FAILED.
 */
export function importRoot(
  places: TrustPlaces,
  { name, content, from, allowOlder }: RootImport,
): TrustChange {
  const { directory, shipped, check } = places;
  checkRootName(name);
  const subject = `${from}, as trusted root ${name}`;
  check(content, subject);
  const before = readTrustFiles(directory, shipped).find((root) => root.name === name);
  if (before !== undefined && !allowOlder) refuseOlder(before.content, content, subject);
  const after = idOf(content);
  if (before?.id !== after || before.isShipped) {
    const path = rootPath(directory, name);
    makeTrustDirectory(directory);
    onDisk(path, () => writeDurably(path, Buffer.from(content).toString()));
  }
  return { name, after, ...(before === undefined ? {} : { before: before.id }) };
}

function refuseOlder(before: Uint8Array, after: Uint8Array, subject: string): void {
  const [old, next] = [newestMember(before), newestMember(after)];
  if (old === undefined || (next !== undefined && next >= old)) return;
  const got = next === undefined ? 'none that says when it began' : `one of ${rfc3339(next)}`;
  const detail = `expected a member of ${rfc3339(old)} or later, as the root in force has, got ${got}`;
  throw new SealiftError('TRUST_INVALID', subject, detail);
}
