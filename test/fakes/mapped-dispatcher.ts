import { request as httpRequest } from 'node:http';
import type { TransportOptions } from 'oci-client-ts';

type Dispatcher = NonNullable<TransportOptions['dispatcher']>;
type Dispatch = Dispatcher['dispatch'];

/**
 * Sends every request to one server on loopback, whatever host it is for and whether it is encrypted: the client believes that it speaks
 * with that host. Requests with a body are not carried.
 */
export function mappedDispatcher(to: string): Dispatcher {
  const dispatch: Dispatch = ({ method, path, origin, headers }, listener) => {
    const all = { ...(headers as Record<string, string>), host: new URL(`${origin}`).host };
    const sent = httpRequest(new URL(path, to), { method, headers: all, agent: false }, (answer) => {
      listener.onResponseStart?.(controller, answer.statusCode ?? 0, answer.headers);
      answer.on('data', (chunk) => listener.onResponseData?.(controller, chunk));
      answer.on('end', () => listener.onResponseEnd?.(controller, {}));
    });
    const controller = {
      aborted: false,
      paused: false,
      reason: null,
      abort: (error: Error) => void sent.destroy(error),
      pause: () => {},
      resume: () => {},
    };
    listener.onRequestStart?.(controller, undefined);
    sent.on('error', (error) => listener.onResponseError?.(controller, error)).end();
    return true;
  };
  return { dispatch, destroy: async () => {} } as unknown as Dispatcher;
}
