import { spawn } from 'node:child_process';
import { SealiftError } from '../../../../core/index.ts';
import { serverWords } from '../../text/server-words.ts';
import type { ExecPlugin } from '../cluster-access.ts';

/** Tokens and certificates take some kilobytes. */
const maxOutputBytes = 256 * 1024;
const maxComplaintBytes = 4 * 1024;
/** Milliseconds: plugins ask an identity provider over a network. */
const timeLimitMs = 60_000;

const tooLate = `expected an answer within ${timeLimitMs} ms`;

interface Outcome {
  readonly code: number | null;
  readonly output: Buffer;
  readonly complaint: string;
}

/**
 * Runs a plugin and gives what it prints. It gets no input; its group is ended with it.
 * @throws SealiftError TARGET_UNAUTHENTICATED, or the reason of the signal.
 */
export async function runExecPlugin(
  plugin: ExecPlugin,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeLimitMs);
  const ended = outcome(plugin, environment, AbortSignal.any([signal, late.signal]));
  const { code, output, complaint } = await ended
    .catch((cause: unknown) => {
      signal.throwIfAborted();
      throw refused(plugin, late.signal.aborted ? tooLate : notStarted(plugin), cause);
    })
    .finally(() => clearTimeout(timer));
  if (output.byteLength > maxOutputBytes)
    throw refused(plugin, `expected at most ${maxOutputBytes} bytes, got more`);
  if (code === 0) return output.toString('utf8');
  const said = serverWords(complaint, undefined);
  throw refused(
    plugin,
    `expected exit status 0, got ${code ?? 'a signal'}${said === '' ? '' : ` (${said})`}`,
  );
}

async function outcome(
  { command, args }: ExecPlugin,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Outcome> {
  const child = spawn(command, args, {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = (): void => endGroup(child.pid);
  const output = gather(child.stdout, maxOutputBytes + 1, end);
  const complaint = gather(child.stderr, maxComplaintBytes, () => undefined);
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  const abort = (): void => {
    end();
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort, { once: true });
  child.once('error', reject);
  // What it left behind in its group would keep the pipes open.
  child.once('exit', end);
  child.once('close', (code) => resolve({ code, output: output(), complaint: complaint().toString('utf8') }));
  return promise.finally(() => signal.removeEventListener('abort', abort));
}

function notStarted({ installHint }: ExecPlugin): string {
  const hint = installHint === undefined ? '' : ` (${serverWords(installHint, undefined)})`;
  return `expected a program that starts${hint}`;
}

function gather(stream: NodeJS.ReadableStream, limit: number, full: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    if (length < limit) chunks.push(chunk.subarray(0, limit - length));
    length += chunk.byteLength;
    if (length >= limit) full();
  });
  return () => Buffer.concat(chunks);
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function refused(plugin: ExecPlugin, detail: string, cause?: unknown): SealiftError {
  return new SealiftError('TARGET_UNAUTHENTICATED', `exec plugin ${plugin.command}`, detail, { cause });
}
