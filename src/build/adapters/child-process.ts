import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Exec, ExecOutcome, ExecRequest } from '../exec.ts';

/** Messages that are longer are of no use to anybody; the rest is read and dropped. */
const maxStderrBytes = 64 * 1024;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Ends the child and whatever it started: it leads a process group of its own. */
function killGroup(child: Child): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

/** Keeps the first bytes of a stream; `overflow` is called when there are more. */
function gather(stream: Readable, limit: number, overflow: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    const room = limit - length;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    length += chunk.length;
    if (length > limit) overflow();
  });
  return () => Buffer.concat(chunks);
}

interface Run {
  readonly child: Child;
  readonly stdout: () => Buffer;
  readonly stderr: () => Buffer;
  /** Why we ended it; `undefined` while we did not. */
  cut: 'too-slow' | 'too-much-output' | undefined;
}

function start(request: ExecRequest): Run {
  const child = spawn(request.program, [...request.args], {
    cwd: request.directory,
    env: { ...request.environment, HOME: request.home },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run: Run = {
    child,
    stdout: gather(child.stdout, request.maxOutputBytes, () => {
      run.cut ??= 'too-much-output';
      killGroup(child);
    }),
    stderr: gather(child.stderr, maxStderrBytes, () => undefined),
    cut: undefined,
  };
  return run;
}

function outcomeOf(run: Run, code: number | null, signal: string | null): ExecOutcome {
  if (run.cut !== undefined) return { kind: run.cut };
  const stderr = run.stderr().toString('utf8');
  if (code === null) return { kind: 'crashed', signal: signal ?? 'unknown', stderr };
  return { kind: 'exited', code, stdout: run.stdout(), stderr };
}

function finish(run: Run, timeLimitMs: number, signal: AbortSignal): Promise<ExecOutcome> {
  const { child } = run;
  const abort = (): void => killGroup(child);
  const timer = setTimeout(() => {
    run.cut ??= 'too-slow';
    killGroup(child);
  }, timeLimitMs);
  signal.addEventListener('abort', abort);
  // What the child left behind in its group would keep the pipes open.
  child.on('exit', () => killGroup(child));
  const ended = new Promise<ExecOutcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signalName) => {
      if (signal.aborted) reject(signal.reason);
      else resolve(outcomeOf(run, code, signalName));
    });
  });
  return ended.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  });
}

/** Runs real programs: empty environment but for `HOME`, no input, killed with their whole group. */
export function createChildProcessExec(): Exec {
  return {
    run: async (request, signal) => {
      signal.throwIfAborted();
      return finish(start(request), request.timeLimitMs, signal);
    },
  };
}
