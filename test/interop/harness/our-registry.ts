import { openLayout, serveRegistry } from 'oci-client-ts';
import type { LiveRegistry } from './live-registry.ts';
import type { Workshop } from './workshop.ts';

/** The registry of `oci-client-ts` over an image layout, with the referrers API. */
export async function startOurs(workshop: Workshop): Promise<LiveRegistry> {
  const layout = await openLayout(workshop.path('ours', 'layout'));
  const server = await serveRegistry({ layout, host: '127.0.0.1', port: 0 });
  return { host: `127.0.0.1:${server.port}`, close: () => server.close() };
}
