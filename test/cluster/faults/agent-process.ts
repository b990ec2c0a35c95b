import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { execPath } from 'node:process';

/** Characters of its output that are kept. */
const keptOutput = 20_000;

/** `sealift run` as a process of its own, which can be killed and started again over the same state. */
export class AgentProcess {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #folder: string;
  #child: ChildProcess | undefined;
  /** The end of what all of them printed. */
  output = '';

  /** `args` are those of `sealift run`. */
  constructor(program: string, args: readonly string[], folder: string) {
    this.#program = program;
    this.#args = args;
    this.#folder = folder;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('sealift: expected a process, got none');
    return this.#child.pid;
  }

  start(): void {
    const child = spawn(execPath, [this.#program, 'run', ...this.#args, '--log-format', 'json'], {
      cwd: this.#folder,
      env: { PATH: dirname(execPath), HOME: this.#folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (text: Buffer): void => {
      this.output = `${this.output}${text}`.slice(-keptOutput);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', keep);
    this.#child = child;
  }

  /** SIGKILL is a crash, SIGTERM an orderly end. Gives back how it ended; one that had ended is an error. */
  async stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    this.#child = undefined;
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`sealift run: expected it to run, got its end (${child.exitCode})\n${this.output}`);
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = await exited;
    return code;
  }
}
