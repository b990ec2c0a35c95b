import { readFile } from 'node:fs/promises';

const ticksPerSecond = 100;

async function procField(pid: number, file: string, pattern: RegExp): Promise<number> {
  const text = await readFile(`/proc/${pid}/${file}`, 'utf8');
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`/proc/${pid}/${file}: expected ${pattern}`);
  return Number(found);
}

/** Memory of a process in MiB; Linux only. */
export async function residentMiB(
  pid: number,
): Promise<{ readonly all: number; readonly own: number; readonly peak: number }> {
  const all = await procField(pid, 'status', /^VmRSS:\s+(\d+) kB/m);
  // Without what is mapped from files, such as node itself, which all processes of a machine share.
  const own = await procField(pid, 'status', /^RssAnon:\s+(\d+) kB/m);
  const peak = await procField(pid, 'status', /^VmHWM:\s+(\d+) kB/m);
  return { all: all / 1024, own: own / 1024, peak: peak / 1024 };
}

/** Processor time of a process so far; Linux only. */
export async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
