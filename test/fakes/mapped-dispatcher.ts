import { request as httpRequest } from 'node:http';
import type { TransportOptions } from 'oci-client-ts';

type Dispatcher = NonNullable<TransportOptions['dispatcher']>;

/**
 * Sends every request to one server on loopback, whatever host it is for and whether it is encrypted: the client believes that it speaks
 * with that host. Requests with a body are not carried.
 */
export function mappedDispatcher(to: string): Dispatcher {
  const request: Pick<Dispatcher, 'request'>['request'] = ((options: Parameters<Dispatcher['request']>[0]) =>
    new Promise((resolve, reject) => {
      const { method, path, origin } = options;
      const headers = { ...(options.headers as Record<string, string>), host: new URL(`${origin}`).host };
      const sent = httpRequest(new URL(path, to), { method, headers, agent: false }, (answer) =>
        resolve({ statusCode: answer.statusCode, headers: answer.headers, body: answer } as never),
      );
      sent.on('error', reject).end();
    })) as Dispatcher['request'];
  return { request, destroy: async () => {} } as unknown as Dispatcher;
}
