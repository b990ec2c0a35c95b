import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { findPeer } from '../../peers/find.ts';
import type { PeerName } from '../../peers/peer.ts';

/** A quiet machine needs four seconds, one that compiles beside it a minute. A hang ends here. */
const START_LIMIT_MS = 180_000;
const POLL_MS = 50;

/** How much of its output a program that failed to start shows. */
const TAIL_CHARACTERS = 4000;

const guard = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

/** Whether the kernel ends a program with the process that started it, however that one ends: Linux with util-linux. */
export const guarded = spawnSync(guard[0], [...guard.slice(1), 'true']).status === 0;

/** One program of a cluster. It runs until it is stopped, and writes to a file in the folder of the cluster. */
export class ClusterProgram {
  readonly name: PeerName;
  readonly #child: ChildProcess;
  readonly #log: string;

  private constructor(name: PeerName, child: ChildProcess, log: string) {
    this.name = name;
    this.#child = child;
    this.#log = log;
  }

  static async start(
    name: PeerName,
    args: readonly string[],
    folder: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ClusterProgram> {
    const path = findPeer(name);
    if (path === undefined)
      throw new Error(`${name}: expected the program, got none: run \`npm run peers -- cluster\``);
    const [command = path, ...words] = [...(guarded ? guard : []), path, ...args];
    mkdirSync(join(folder, 'logs'), { recursive: true });
    const log = join(folder, 'logs', `${name}.log`);
    // Of this start only, so that what is read from it is about this process.
    const output = openSync(log, 'w');
    try {
      // Nothing of the user's is seen: no ~/.kube, no proxy.
      const child = spawn(command, words, {
        env: { PATH: env.PATH ?? '', HOME: folder, ...environment },
        cwd: folder,
        stdio: ['ignore', output, output],
      });
      await once(child, 'spawn');
      return new ClusterProgram(name, child, log);
    } finally {
      closeSync(output);
    }
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name}: expected a process, got none`);
    return this.#child.pid;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All it has written since it was started. */
  get output(): string {
    return readFileSync(this.#log, 'utf8');
  }

  /** Resolves when it is ready; rejects with the end of its output when it ends before that or takes too long. */
  async until(ready: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + START_LIMIT_MS;
    for (;;) {
      signal.throwIfAborted();
      // Asked first: whoever answers for a program that has ended is another.
      if (!this.running)
        throw this.#notStarted(`its end (${this.#child.exitCode ?? this.#child.signalCode})`);
      if (await ready()) return;
      if (performance.now() > deadline) throw this.#notStarted(`nothing for ${START_LIMIT_MS} ms`);
      await setTimeout(POLL_MS);
    }
  }

  /** Ends the process and waits for its end. SIGKILL is a crash, SIGTERM a shutdown. */
  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (!this.running) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }

  #notStarted(got: string): Error {
    return new Error(
      `${this.name}: expected it to start, got ${got}\n${this.output.slice(-TAIL_CHARACTERS)}`,
    );
  }
}
