import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { parseDigest, sha256 } from '../digest.ts';

let known: Promise<string> | undefined;

/** Host and process name space: two containers may share a host name and still count their processes apart. */
export function processPlace(): Promise<string> {
  known ??= readPlace();
  return known;
}

async function readPlace(): Promise<string> {
  const space = process.platform === 'linux' ? await readlink('/proc/self/ns/pid').catch(() => '') : '';
  return `${hostname()} ${space}`;
}

/** The same, as a file name may hold it. */
export async function placeMark(): Promise<string> {
  return parseDigest(sha256(new TextEncoder().encode(await processPlace()))).encoded.slice(0, 8);
}

/** Whether a process of this place runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
