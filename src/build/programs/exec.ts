/** One run of a program that must not be trusted with more than it needs. What it may cost is for the port to say. */
export interface ExecRequest {
  /** Absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  /** Working directory. */
  readonly directory: string;
  /** `HOME` of the program. The port may add what keeps it within its limits; nothing else is in its environment. */
  readonly home: string;
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Called once at most, when the program has written whole lines and then nothing for a moment: with what it wrote to its standard output so
   * far, which is all of it unless more follows.
   */
  readonly outputPauses?: (stdout: Uint8Array) => void;
}

/** What one run may cost; beyond it the program is ended. */
export interface ExecLimits {
  readonly timeMs: number;
  /** Bytes of standard output. */
  readonly outputBytes: number;
  /** Bytes resident, of the program itself. */
  readonly memoryBytes: number;
}

export type ExecOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: Uint8Array; readonly stderr: string }
  /** Ended by a signal that was not ours: killed by the system, perhaps for its memory. */
  | { readonly kind: 'crashed'; readonly signal: string; readonly stderr: string }
  | { readonly kind: 'too-slow'; readonly limitMs: number }
  | { readonly kind: 'too-much-output'; readonly limitBytes: number }
  | { readonly kind: 'too-much-memory'; readonly limitBytes: number };

/** Runs programs. */
export interface Exec {
  /**
   * Resolves when the program and everything it started are gone. Rejects with the signal's reason when aborted, and with
   * the error of the system when the program cannot be started.
   */
  run(request: ExecRequest, signal: AbortSignal): Promise<ExecOutcome>;
}
