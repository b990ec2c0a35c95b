import { startDistribution } from './distribution.ts';
import type { LiveRegistry } from './live-registry.ts';
import { startOurs } from './our-registry.ts';
import type { Workshop } from './workshop.ts';

export interface RegistryKind {
  readonly title: string;
  readonly start: (workshop: Workshop) => Promise<LiveRegistry>;
}

/** With the referrers API, and without it. */
export const registryKinds: readonly RegistryKind[] = [
  { title: 'our registry', start: startOurs },
  { title: 'the CNCF registry', start: startDistribution },
];
