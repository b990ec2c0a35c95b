import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Exec, ExecLimits, ExecOutcome, ExecRequest } from '../programs/exec.ts';
import { defaultExecLimits } from '../programs/exec-limits.ts';
import { gather, onPause } from './gathered-output.ts';
import { giveWayToAgent, residentBytes } from './process-files.ts';

/** Messages that are longer are of no use to anybody; the rest is read and dropped. */
const maxStderrBytes = 64 * 1024;

/**
 * Milliseconds between two looks at a program's memory. It may grow beyond its limit by what it fills in between, some 100 MiB;
 * one look costs the reading of a line that the kernel makes.
 */
const memoryLookMs = 50;

/** Part of the memory limit from which on a program written in Go collects its garbage instead of growing. */
const goSoftPart = 0.8;

/**
 * How much a program written in Go may grow between two collections of its garbage, in per cent of what it needs. With Go's own 100, kustomize
 * spends a third of its time on collecting; with more than this, a large build takes twice the memory for little.
 */
const goGrowth = 200;

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

interface Run {
  readonly child: Child;
  readonly stdout: () => Buffer;
  readonly stderr: () => Buffer;
  /** Why we ended it; `undefined` while we did not. */
  cut: Exclude<ExecOutcome, { kind: 'exited' | 'crashed' }> | undefined;
}

function end(run: Run, cut: NonNullable<Run['cut']>): void {
  run.cut ??= cut;
  killGroup(run.child);
}

function start(request: ExecRequest, limits: ExecLimits): Run {
  const child = spawn(request.program, [...request.args], {
    cwd: request.directory,
    env: {
      ...request.environment,
      HOME: request.home,
      GOGC: String(goGrowth),
      GOMEMLIMIT: String(Math.floor(limits.memoryBytes * goSoftPart)),
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run: Run = {
    child,
    stdout: gather(child.stdout, limits.outputBytes, () =>
      end(run, { kind: 'too-much-output', limitBytes: limits.outputBytes }),
    ),
    stderr: gather(child.stderr, maxStderrBytes, () => undefined),
    cut: undefined,
  };
  const { outputPauses } = request;
  if (outputPauses !== undefined) onPause(child.stdout, () => outputPauses(run.stdout()));
  return run;
}

function outcomeOf(run: Run, code: number | null, signal: string | null): ExecOutcome {
  if (run.cut !== undefined) return run.cut;
  const stderr = run.stderr().toString('utf8');
  if (code === null) return { kind: 'crashed', signal: signal ?? 'unknown', stderr };
  return { kind: 'exited', code, stdout: run.stdout(), stderr };
}

/** The size of one process: what these programs start is small, and finding it would mean to look at every process. */
function watchMemory(run: Run, limitBytes: number): () => void {
  const { pid } = run.child;
  if (pid === undefined) return () => undefined;
  giveWayToAgent(pid);
  const timer = setInterval(() => {
    if (residentBytes(pid) > limitBytes) end(run, { kind: 'too-much-memory', limitBytes });
  }, memoryLookMs);
  return () => clearInterval(timer);
}

function finish(run: Run, limits: ExecLimits, signal: AbortSignal): Promise<ExecOutcome> {
  const { child } = run;
  const abort = (): void => killGroup(child);
  const limitMs = limits.timeMs;
  const timer = setTimeout(() => end(run, { kind: 'too-slow', limitMs }), limitMs);
  const unwatch = watchMemory(run, limits.memoryBytes);
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
    unwatch();
    signal.removeEventListener('abort', abort);
  });
}

/**
 * Runs real programs: an environment of `HOME`, `GOGC` and `GOMEMLIMIT`, no input, within limits, killed with their whole
 * group. Memory is limited on Linux alone, which tells it.
 */
export function createChildProcessExec(limits: Partial<ExecLimits> = {}): Exec {
  const all = { ...defaultExecLimits, ...limits };
  return {
    run: async (request, signal) => {
      signal.throwIfAborted();
      return finish(start(request, all), all, signal);
    },
  };
}
