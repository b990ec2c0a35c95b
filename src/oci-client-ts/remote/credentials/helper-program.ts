import { OciError } from '../../errors.ts';
import { printable } from '../printable.ts';

export interface HelperCall {
  /** Absolute path. */
  readonly program: string;
  readonly input: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the errors are about. */
  readonly subject: string;
  readonly timeoutMs: number;
}

interface Outcome {
  readonly status: number | null;
  readonly output: string;
}

/** A secret takes some kilobytes; what writes more is no credential helper. */
const maxOutputBytes = 64 * 1024;

/**
 * Runs `PROGRAM get` with the server's name on its standard input, and gives what it prints; nothing when it says that it has no credentials.
 * https://github.com/docker/docker-credential-helpers @throws OciError `unauthorized`, `timeout`, `too-large`; or the signal's reason.
 */
export async function runHelper(call: HelperCall, signal: AbortSignal): Promise<string | undefined> {
  signal.throwIfAborted();
  const { status, output } = await execute(call, signal);
  if (status === 0) return output;
  // The protocol has no status for it: every helper prints this sentence.
  if (/credentials not found/i.test(output)) return undefined;
  const said = printable(output);
  throw new OciError(
    'unauthorized',
    call.subject,
    `expected exit status 0, got ${status ?? 'a signal'}${said && ` (${said})`}`,
  );
}

async function execute(call: HelperCall, signal: AbortSignal): Promise<Outcome> {
  // Most clients have no helper, and what this loads takes a command some milliseconds.
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    // A group of its own: helpers are often scripts, whose children must end with them.
    const child = spawn(call.program, ['get'], {
      env: { ...call.environment },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    const stop = (reason: unknown): void => {
      settle();
      endGroup(child.pid);
      reject(reason);
    };
    const abort = (): void => stop(signal.reason);
    const late = new OciError('timeout', call.subject, `expected an answer within ${call.timeoutMs} ms`);
    const timer = setTimeout(() => stop(late), call.timeoutMs);
    signal.addEventListener('abort', abort, { once: true });
    const chunks: Buffer[] = [];
    let count = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      count += chunk.byteLength;
      if (count > maxOutputBytes) {
        stop(new OciError('too-large', call.subject, `expected at most ${maxOutputBytes} bytes, got more`));
      } else chunks.push(chunk);
    });
    child.on('error', (cause) =>
      stop(new OciError('unauthorized', call.subject, 'expected a program that starts', { cause })),
    );
    child.on('close', (status) => {
      settle();
      resolve({ status, output: Buffer.concat(chunks).toString('utf8') });
    });
    // A helper that reads nothing is no fault of ours.
    child.stdin.on('error', () => {});
    child.stdin.end(call.input);
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
