import { asSealiftError, type SealiftError, type Stage } from '../../core/index.ts';

/** A failure with the stage it happened in. */
export class StageFailure extends Error {
  override readonly name = 'StageFailure';
  readonly stage: Stage;
  readonly error: SealiftError;

  constructor(stage: Stage, thrown: unknown, subject: string) {
    super(`${stage} failed`, { cause: thrown });
    this.stage = stage;
    this.error = asSealiftError(thrown, subject);
  }
}

/** Runs one stage; whatever it throws comes out as a StageFailure. */
export async function inStage<T>(stage: Stage, subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw thrown instanceof StageFailure ? thrown : new StageFailure(stage, thrown, subject);
  }
}
