import type { ImageLayout } from 'oci-client-ts';
import type { Housekeeping } from '../../src/agent/index.ts';
import { asRegistryError } from '../../src/api/index.ts';
import { sweepTrees } from '../../src/artifact/index.ts';
import { forgetSources } from '../../src/source/index.ts';
import { forgetEvidence } from '../../src/verify/index.ts';

/** Milliseconds for which a layer waits for its manifest: the two are written within seconds, by this process alone. */
const graceMs = 10 * 60_000;

/** Keeps trees and layout of a state directory at what is in force. */
export function openHousekeeping(layout: ImageLayout, trees: string): Housekeeping {
  return {
    async collect({ sources, roots, digests }, signal) {
      await sweepTrees(trees, roots);
      try {
        await forgetSources(layout, sources);
        await forgetEvidence(layout, digests);
        const { waiting } = await layout.collectGarbage({
          graceMs,
          untagged: 'remove',
          pinned: digests,
          signal,
        });
        return waiting > 0 ? graceMs : undefined;
      } catch (thrown) {
        signal.throwIfAborted();
        throw asRegistryError(thrown, layout.directory);
      }
    },
  };
}
