import { openLayout, type RegistryServer, serveRegistry } from 'oci-client-ts';
import { places } from './places.ts';
import { registryHost } from './site.ts';

function isInUse(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE';
}

/** Serves a registry from an image layout on loopback: on the usual port, or on a free one when that is taken. */
export async function startRegistry(): Promise<RegistryServer> {
  const layout = await openLayout(places.registry);
  const [host = '', port = ''] = registryHost.split(':');
  try {
    return await serveRegistry({ layout, host, port: Number(port) });
  } catch (thrown) {
    if (!isInUse(thrown)) throw thrown;
    return serveRegistry({ layout, host, port: 0 });
  }
}
