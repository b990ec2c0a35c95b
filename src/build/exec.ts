/** One run of a program that must not be trusted with more than it needs. */
export interface ExecRequest {
  /** Absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  /** Working directory. */
  readonly directory: string;
  /** `HOME` of the program: the only variable of its environment without the ones below. */
  readonly home: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
  /** Bytes of standard output; one more ends the program. */
  readonly maxOutputBytes: number;
}

export type ExecOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: Uint8Array; readonly stderr: string }
  /** Ended by a signal that was not ours: killed by the system, perhaps for its memory. */
  | { readonly kind: 'crashed'; readonly signal: string; readonly stderr: string }
  | { readonly kind: 'too-slow' }
  | { readonly kind: 'too-much-output' };

/** Runs programs. */
export interface Exec {
  /**
   * Resolves when the program and everything it started are gone. Rejects with the signal's reason when aborted, and with
   * the error of the system when the program cannot be started.
   */
  run(request: ExecRequest, signal: AbortSignal): Promise<ExecOutcome>;
}
