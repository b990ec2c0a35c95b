import { createHash } from 'node:crypto';
import type { DesiredState } from '../../api/index.ts';
import { asSealiftError, type SealiftError } from '../../core/index.ts';
import type { ConfigurationFile } from '../configuration-file.ts';
import { type CheckConfiguration, checkedConfiguration } from '../parse-configuration.ts';
import { readConfiguration, watchConfiguration } from './configuration-directory.ts';

/** What a look at a configuration brought that is new. */
export type ConfigurationNews =
  | { readonly kind: 'loaded'; readonly desired: DesiredState }
  | { readonly kind: 'refused'; readonly error: SealiftError };

function fingerprintOf(files: readonly ConfigurationFile[]): string {
  return createHash('sha256').update(JSON.stringify(files)).digest('hex');
}

/** Where a configuration lies, and what is looked for in it beyond its schemas. */
export interface FollowedConfiguration {
  readonly path: string;
  readonly check: CheckConfiguration;
}

/** Tells the same thing once: a configuration that says what is in force, or a fault that was told. */
class Follower {
  readonly #path: string;
  readonly #check: CheckConfiguration;
  readonly #tell: (news: ConfigurationNews) => void;
  #inForce: string;
  #told = '';
  /** Of the files that were parsed last: parsing thousands of unchanged deliveries would take seconds. */
  #parsed = '';

  constructor(
    { path, check }: FollowedConfiguration,
    desired: DesiredState,
    tell: (news: ConfigurationNews) => void,
  ) {
    this.#path = path;
    this.#check = check;
    this.#inForce = JSON.stringify(desired);
    this.#tell = tell;
  }

  async look(): Promise<void> {
    try {
      const files = await readConfiguration(this.#path);
      const fingerprint = fingerprintOf(files);
      if (fingerprint === this.#parsed) return;
      const desired = await checkedConfiguration(files, this.#check);
      this.#parsed = fingerprint;
      this.#take(desired);
    } catch (thrown) {
      this.#parsed = '';
      const error = asSealiftError(thrown, this.#path);
      if (error.message !== this.#told) this.#tell({ kind: 'refused', error });
      this.#told = error.message;
    }
  }

  #take(desired: DesiredState): void {
    const text = JSON.stringify(desired);
    const isNews = text !== this.#inForce || this.#told !== '';
    this.#inForce = text;
    this.#told = '';
    if (isNews) this.#tell({ kind: 'loaded', desired });
  }
}

/**
 * Tells whatever becomes of the configuration that `desired` was read from, until the signal aborts. One look at a time, so that the last one
 * read is the last one told.
 */
export async function followConfiguration(
  followed: FollowedConfiguration,
  desired: DesiredState,
  tell: (news: ConfigurationNews) => void,
  signal: AbortSignal,
): Promise<void> {
  const follower = new Follower(followed, desired, (news) => {
    if (!signal.aborted) tell(news);
  });
  let looking = Promise.resolve();
  const look = (): void => {
    looking = looking.then(() => follower.look());
  };
  await watchConfiguration(followed.path, look, signal);
  await looking;
}
