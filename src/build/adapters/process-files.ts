import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** The most that a process can be in the way when the kernel is out of memory: https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html */
const firstToGo = '1000';

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Bytes resident of a process; 0 when it is gone or the system has no `/proc`. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1];
  return kibibytes === undefined ? 0 : Number(kibibytes) * 1024;
}

/** When the machine is out of memory, the kernel takes this process before ours. */
export function giveWayToAgent(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, firstToGo);
  } catch {
    // It is gone already, or the system has no such thing.
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    // It runs, and belongs to somebody else.
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}

/**
 * Tells a process from all others, those of an earlier start of the machine included; `undefined` when there is none. Without
 * `/proc` a later process of the same number passes for it.
 */
export function processIdentity(pid: number): string | undefined {
  const boot = readText('/proc/sys/kernel/random/boot_id');
  if (boot === undefined) return isRunning(pid) ? `00000000-${pid}-0` : undefined;
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name of the program, in parentheses, may hold anything; the start is the 20th field behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie runs no more.
  return fields[0] === 'Z' ? undefined : `${boot.slice(0, 8)}-${pid}-${fields[19]}`;
}

function hasHomeIn(pid: number, directory: string): boolean {
  const variables = readText(`/proc/${pid}/environ`)?.split('\0') ?? [];
  return variables.some((one) => one === `HOME=${directory}` || one.startsWith(`HOME=${directory}/`));
}

/** The processes of this user that were started with a home in that directory, and what they started. */
export function processesAtHomeIn(directory: string): readonly number[] {
  let names: readonly string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => hasHomeIn(pid, directory));
}
