import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Longer than any step of these tests needs on a busy machine with two cores; a hang ends here. */
const RUN_LIMIT_MS = 60_000;

/** Enough for the largest tree of the tests; more is a runaway program. */
const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;

export interface ProgramOptions {
  /** The whole environment: nothing of the caller's leaks in. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Outcome {
  /** Exit code; null when a signal ended the program. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The raw bytes of standard output, for programs that print content. */
  readonly bytes: Uint8Array;
}

/** Runs a program to its end, whatever the end is. Rejects when it cannot start, hangs or floods. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<Outcome> {
  const child = spawn(program, args, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const closed = once(child, 'close');
  const [out, err] = await Promise.all([collect(child.stdout), collect(child.stderr), closed]);
  if (child.signalCode !== null) {
    throw new Error(`${program} ${args.join(' ')}: ended by ${child.signalCode}\n${err.toString()}`);
  }
  return { code: child.exitCode, stdout: out.toString(), stderr: err.toString(), bytes: out };
}

/** Runs a program that has to succeed. */
export async function runToSuccess(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<Outcome> {
  const outcome = await runProgram(program, args, options);
  if (outcome.code === 0) return outcome;
  throw new Error(
    `${program} ${args.join(' ')}: expected exit code 0, got ${outcome.code}\n${outcome.stderr}${outcome.stdout}`,
  );
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > OUTPUT_LIMIT_BYTES) throw new Error(`output: expected at most ${OUTPUT_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
