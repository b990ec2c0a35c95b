import { createHash } from 'node:crypto';
import type { Clock } from '../../core/index.ts';
import type { ConfigurationFile } from '../configuration-file.ts';
import { changedAt, readConfiguration } from './configuration-directory.ts';

/** What a configuration says, and by what it is told from another one. */
export interface ConfigurationText {
  readonly files: readonly ConfigurationFile[];
  readonly fingerprint: string;
}

export interface StillReading {
  readonly clock: Clock;
  /** For how long nothing may have changed, in milliseconds. */
  readonly stillMs: number;
  /** Fingerprint of a configuration that was still before: it is given back at once. */
  readonly known?: string;
}

/**
 * Reads a configuration once nobody writes it any more: unchanged on disk for `stillMs`, or the same when it is read again after so long. The
 * first half of a policy may be a policy, and a weaker one; and half of the deliveries would take the others back.
 * @throws SealiftError CONFIG_INVALID for what cannot be read, at once; the signal's reason.
 */
export async function readStillConfiguration(
  path: string,
  { clock, stillMs, known }: StillReading,
  signal: AbortSignal,
): Promise<ConfigurationText> {
  let before = known;
  for (;;) {
    const files = await readConfiguration(path);
    const fingerprint = createHash('sha256').update(JSON.stringify(files)).digest('hex');
    if (fingerprint === before) return { files, fingerprint };
    // Asked after the reading: what changed while it was read is young.
    if (clock.now() - (await changedAt(path)) >= stillMs) return { files, fingerprint };
    before = fingerprint;
    await clock.sleep(stillMs, signal);
  }
}
