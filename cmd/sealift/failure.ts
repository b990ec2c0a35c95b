import { asSealiftError, type ErrorOrigin, type SealiftError, type Subject } from '../../src/core/index.ts';

/** 0 done, 1 failed, 2 bad usage or configuration, 3 refused by verification or policy. */
const exitCodes: Readonly<Record<ErrorOrigin, number>> = {
  trust: 3,
  policy: 3,
  config: 2,
  registry: 1,
  sigstore: 1,
  artifact: 1,
  target: 1,
  disk: 1,
  internal: 1,
};

export function exitCodeOf(error: SealiftError): number {
  return exitCodes[error.origin];
}

/** What failed, on what, why, what to do next: the form of every error on stderr. */
export function formatFailure(error: SealiftError, of?: Subject): string {
  const whose = of === undefined || of.name === '' ? '' : `${of.kind}/${of.namespace}/${of.name}: `;
  return `error: ${whose}${error.message}\n  code: ${error.code}\n  next: ${error.next}\n`;
}

/** The reason of a signal that ended the work: somebody asked for it, so it is no failure of anything. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** As a shell reports a process that SIGINT ended. */
const stoppedExitCode = 130;

/** Prints a failure and sets the exit code; the process ends by itself when nothing is left to do. */
export function reportFailure(thrown: unknown): void {
  if (thrown instanceof Stopped) {
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = stoppedExitCode;
    return;
  }
  const error = asSealiftError(thrown, 'sealift');
  process.stderr.write(formatFailure(error));
  process.exitCode = exitCodeOf(error);
}
