import type { SealiftError, Subject } from '../../core/index.ts';

/** A source or delivery that failed, and why. */
export interface Failure {
  readonly subject: Subject;
  readonly error: SealiftError;
}

/** How a pass over the whole site ended. */
export interface Convergence {
  /** Objects created, configured or deleted. */
  readonly changes: number;
  /** Empty when the site has converged; sources first. */
  readonly failures: readonly Failure[];
}
