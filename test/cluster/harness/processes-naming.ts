import { execFileSync } from 'node:child_process';

/** Command lines of the processes that name a folder, as every program of a cluster names its own. */
export function processesNaming(folder: string): readonly string[] {
  const lines = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(folder));
}
