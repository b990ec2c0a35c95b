import { mkdirSync, mkdtempSync, realpathSync, statSync } from 'node:fs';
import { lstat, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asSealiftError, makePath } from '../../core/index.ts';
import { processesAtHomeIn, processIdentity } from './process-files.ts';

/** Of everything that builds put into a temporary directory; what follows is who made it. */
const prefix = 'sealift-build-';

const ownerPattern = new RegExp(`^${prefix}([0-9a-f]{8}-([0-9]+)-[0-9]+)-`);

/** A new directory for this user alone, which `sweepBuilds` finds when this process is gone. */
export async function makePrivateDirectory(parent: string): Promise<string> {
  const owner = processIdentity(process.pid) ?? 'unknown';
  const make = (): string => realpathSync.native(mkdtempSync(join(parent, `${prefix}${owner}-`)));
  try {
    return make();
  } catch (thrown) {
    if (!isAbsence(thrown)) throw thrown;
    makePath(parent, { mkdirSync, statSync }, 0o700);
    return make();
  }
}

function isAbsence(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}

export function removePrivateDirectory(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

async function isLeft(parent: string, name: string): Promise<boolean> {
  if (!name.startsWith(prefix)) return false;
  const [, owner, pid] = ownerPattern.exec(name) ?? [];
  if (owner !== undefined && processIdentity(Number(pid)) === owner) return false;
  // Others may build in the same place, under another user.
  const uid = process.getuid?.();
  return uid === undefined || (await lstat(join(parent, name))).uid === uid;
}

function kill(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // No leader of a group, or gone already.
    }
  }
}

async function removeLeft(directory: string): Promise<void> {
  for (const pid of processesAtHomeIn(await realpath(directory))) kill(pid);
  await removePrivateDirectory(directory);
}

/**
 * Removes what builds of processes that are gone left behind, after ending the programs that still work there. What belongs
 * to a running process or to another user stays.
 * @throws SealiftError DISK_FAILED
 */
export async function sweepBuilds(temporaryDirectory: string): Promise<void> {
  try {
    for (const name of await readdir(temporaryDirectory)) {
      if (await isLeft(temporaryDirectory, name)) await removeLeft(join(temporaryDirectory, name));
    }
  } catch (thrown) {
    if (isAbsence(thrown)) return;
    throw asSealiftError(thrown, temporaryDirectory, 'DISK_FAILED');
  }
}
