import { connectHost } from '../docker-hub.ts';
import { isLoopback } from '../loopback.ts';

/**
 * Where a registry is reached: https, except for loopback hosts when nobody said otherwise, and for every host when `plainHttp` is true.
 * The scheme is chosen once; a failed https call is never repeated in the clear.
 */
export function registryOrigin(host: string, plainHttp: boolean | undefined): URL {
  const plain = plainHttp ?? isLoopback(host);
  return new URL(`${plain ? 'http' : 'https'}://${connectHost(host)}/`);
}
