import { createHash } from 'node:crypto';
import type { DesiredState } from '../../api/index.ts';
import { asSealiftError, type Clock, type SealiftError } from '../../core/index.ts';
import { type CheckConfiguration, checkedConfiguration } from '../parse-configuration.ts';
import { watchConfiguration } from './configuration-directory.ts';
import { readStillConfiguration } from './still-configuration.ts';

/** What a look at a configuration brought that is new. */
export type ConfigurationNews =
  | { readonly kind: 'loaded'; readonly desired: DesiredState }
  | { readonly kind: 'refused'; readonly error: SealiftError };

/** A copy over a thin link may stand still for a moment, and half of it must come into force for none. Milliseconds. */
export const stillMs = 5_000;

/** Where a configuration lies, and what is looked for in it beyond its schemas. */
export interface FollowedConfiguration {
  readonly path: string;
  readonly check: CheckConfiguration;
  readonly clock: Clock;
  /** Of the files that what is in force was read from: they are not parsed again before they change. */
  readonly fingerprint?: string;
}

/** Tells the same thing once: a configuration that says what is in force, or a fault that was told. */
class Follower {
  readonly #followed: FollowedConfiguration;
  readonly #tell: (news: ConfigurationNews) => void;
  /** Digest of it: the text of a thousand deliveries has a megabyte. */
  #inForce: string;
  #told = '';
  /** Fingerprint of the files that were judged last: parsing thousands of unchanged deliveries would take seconds. */
  #judged: string;

  constructor(
    followed: FollowedConfiguration,
    desired: DesiredState,
    tell: (news: ConfigurationNews) => void,
  ) {
    this.#followed = followed;
    this.#inForce = digestOf(desired);
    this.#judged = followed.fingerprint ?? '';
    this.#tell = tell;
  }

  async look(signal: AbortSignal): Promise<void> {
    const { path, check, clock } = this.#followed;
    try {
      const known = this.#judged;
      this.#judged = '';
      const { files, fingerprint } = await readStillConfiguration(path, { clock, stillMs, known }, signal);
      this.#judged = fingerprint;
      if (fingerprint !== known) this.#take(await checkedConfiguration(files, check));
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asSealiftError(thrown, path);
      if (error.message !== this.#told) this.#tell({ kind: 'refused', error });
      this.#told = error.message;
    }
  }

  #take(desired: DesiredState): void {
    const digest = digestOf(desired);
    const isNews = digest !== this.#inForce || this.#told !== '';
    this.#inForce = digest;
    this.#told = '';
    if (isNews) this.#tell({ kind: 'loaded', desired });
  }
}

function digestOf(desired: DesiredState): string {
  return createHash('sha256').update(JSON.stringify(desired)).digest('hex');
}

/**
 * Tells whatever becomes of the configuration that `desired` was read from, once it stands still, until the signal aborts. One look at a time,
 * so that the last one read is the last one told.
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
  let isDue = false;
  const look = (): void => {
    if (isDue) return;
    isDue = true;
    looking = looking.then(() => {
      isDue = false;
      return follower.look(signal);
    });
  };
  await watchConfiguration(followed.path, look, signal);
  await looking;
}
