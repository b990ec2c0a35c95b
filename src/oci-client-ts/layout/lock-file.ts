import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OciError } from '../errors.ts';
import { isRunning, processPlace } from './process-place.ts';
import { isAbsence } from './read-file.ts';

export interface LockLimits {
  /** Milliseconds to wait for the lock. Default 60,000: longer than `staleMs`, so that a dead owner's lock is outlived. */
  readonly waitMs: number;
  /** Age in milliseconds at which a lock counts as left behind. Default 30,000: its owner replaces one small file, no more. */
  readonly staleMs: number;
}

export const defaultLockLimits: LockLimits = { waitMs: 60_000, staleMs: 30_000 };

/** Age in milliseconds at which a lock nobody signed counts as left behind: signing follows at once, unless the owner died between. */
const unsignedStaleMs = 2_000;

/** Milliseconds between two looks at a held lock. */
const pollMs = 15;

/** Tokens this process holds: a lock with its process id but another token is from an earlier life of the same id. */
const heldTokens = new Set<string>();

export interface HeldLock {
  /** False when another process took the lock for left behind; then nothing may be written any more. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

interface Owner {
  readonly token: string;
  readonly pid: number;
  /** Where this process id means something. */
  readonly place: string;
}

/** Takes the lock file, waiting for other processes. @throws OciError `timeout`. */
export async function takeLock(path: string, limits: LockLimits, signal?: AbortSignal): Promise<HeldLock> {
  const token = randomUUID();
  const owner: Owner = { token, pid: process.pid, place: await processPlace() };
  const deadline = performance.now() + limits.waitMs;
  // Before the file exists, so that a second look of this very process never takes it for left behind.
  heldTokens.add(token);
  try {
    while (!(await create(path, owner))) {
      signal?.throwIfAborted();
      if (performance.now() > deadline) {
        throw new OciError(
          'timeout',
          path,
          `expected the lock within ${limits.waitMs} ms, another process holds it`,
        );
      }
      if (!(await removeIfStale(path, owner.place, limits))) {
        await sleep(pollMs * (0.5 + Math.random()), undefined, signal === undefined ? {} : { signal });
      }
    }
  } catch (error) {
    heldTokens.delete(token);
    throw error;
  }
  return {
    isHeld: async () => (await readOwner(path))?.token === token,
    release: async () => {
      if ((await readOwner(path))?.token === token) await rm(path, { force: true });
      heldTokens.delete(token);
    },
  };
}

async function create(path: string, owner: Owner): Promise<boolean> {
  try {
    const handle = await open(path, 'wx', 0o644);
    try {
      await handle.writeFile(JSON.stringify(owner));
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when there is no lock, or one that its owner is just writing. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch (error) {
    if (isAbsence(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** True when it is worth trying again at once. */
async function removeIfStale(path: string, place: string, limits: LockLimits): Promise<boolean> {
  const seen = await readOwner(path);
  const age = await ageOf(path);
  if (age === undefined) return true;
  const isDead = seen !== undefined && seen.place === place && !isAlive(seen);
  const staleMs = seen === undefined ? Math.min(unsignedStaleMs, limits.staleMs) : limits.staleMs;
  if (!isDead && age < staleMs) return false;
  // Two processes may come to this point together. Renaming lets one of them win, and shows it what it took.
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isAbsence(error)) return true;
    throw error;
  }
  const taken = await readOwner(aside);
  // It took a fresh lock instead: putting it back is possible as long as nobody made a new one; if somebody did, the owner notices.
  if (taken?.token !== seen?.token && (await ageOf(path)) === undefined) await rename(aside, path);
  await rm(aside, { force: true });
  return true;
}

async function ageOf(path: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function isAlive({ pid, token }: Owner): boolean {
  return pid === process.pid ? heldTokens.has(token) : isRunning(pid);
}
