import publicGood from '../../policies/trust/public-good.json' with { type: 'json' };
import type { ShippedRoot } from '../../src/site/index.ts';

/** The day its file was published, as policies/trust/README.md says. */
const publicGoodSince = Date.parse('2026-11-05T00:00:00Z');

/** The trusted roots that come with the program; their bytes are those of the files in policies/trust. */
export const shippedRoots: readonly ShippedRoot[] = [
  {
    name: 'public-good',
    content: Buffer.from(`${JSON.stringify(publicGood, null, 2)}\n`),
    since: publicGoodSince,
  },
];
