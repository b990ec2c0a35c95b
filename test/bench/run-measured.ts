import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Bytes resident at most. */
  readonly peak: number;
}

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where standard output goes. Default: nowhere. */
  readonly output?: string;
  /** Standard error goes nowhere either. */
  readonly quiet?: boolean;
}

/** Often enough that the last look before the end misses next to nothing. */
const lookEveryMs = 20;
const tickMs = 10;

/** What any program costs from start to end, by what the kernel says about it. */
export async function runMeasured({ file, args, env, output, quiet = false }: Program): Promise<Cost> {
  const out = output === undefined ? 'ignore' : openSync(output, 'w');
  const started = performance.now();
  const child = spawn(file, args, { env, stdio: ['ignore', out, quiet ? 'ignore' : 'inherit'] });
  // Left open it would keep a removed file alive, and the disk busy with it while the next program is measured.
  if (typeof out === 'number') closeSync(out);
  let last = { cpuMs: 0, peak: 0 };
  const timer = setInterval(() => {
    last = look(child) ?? last;
  }, lookEveryMs);
  const [code] = await once(child, 'exit');
  const wallMs = performance.now() - started;
  clearInterval(timer);
  if (code !== 0) throw new Error(`${file} ${args.join(' ')}: expected exit code 0, got ${code}`);
  return { ...last, wallMs };
}

function look({ pid }: ChildProcess): { cpuMs: number; peak: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (peak === undefined) return undefined;
    return { cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs, peak: Number(peak) * 1024 };
  } catch {
    return undefined;
  }
}

/** Runs a script of ours that reports by lines of JSON; `onMark` sees those on the way, the last one is the answer. */
export async function runReporting(
  program: Program,
  onMark: (mark: string) => void = () => {},
): Promise<Readonly<Record<string, number>>> {
  const child = spawn(program.file, program.args, { env: program.env, stdio: ['ignore', 'pipe', 'inherit'] });
  let answer: Record<string, number> | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line);
    if (typeof said.mark === 'string') onMark(said.mark);
    else answer = said;
  }
  if (answer === undefined) throw new Error(`${program.args.join(' ')}: expected a report, got none`);
  return answer;
}
