import type { LiveRegistry } from './live-registry.ts';
import { startServer } from './start-server.ts';
import type { Workshop } from './workshop.ts';

/** The registry inside crane, in memory, with the referrers API. */
export function startCraneRegistry(workshop: Workshop): Promise<LiveRegistry> {
  return startServer(workshop, {
    name: 'crane',
    args: ['registry', 'serve', '--address', '127.0.0.1:0'],
    announcement: /serving on port (\d+)/,
  });
}
