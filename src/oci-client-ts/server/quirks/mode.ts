import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Intercept } from '../intercept.ts';
import type { Route } from '../route.ts';

/** A way to misbehave. Each call begins with a fresh memory: one for each server. */
export type Mode = () => Intercept;

/** One numbered quirk: what the registry does, and the ways it is known to do it. */
export interface Quirk {
  readonly does: string;
  readonly modes: Mode | Readonly<Record<string, Mode>>;
}

/** The quirks of one kind of registry, or of one part of the protocol, by number. */
export type QuirkFamily = Readonly<Record<number, Quirk>>;

/** A request that a mode looks at. */
export interface Call<R extends Route = Route> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: R;
  readonly query: URLSearchParams;
}

type Act<R extends Route> = (call: Call<R>) => boolean | Route | Promise<boolean | Route>;

type Matching<R, K> = R extends { readonly kind: infer N } ? (K extends N ? R : never) : never;

/** Acts on requests of these methods (`GET HEAD`) to one kind of route, and lets all others pass. */
export function on<K extends Route['kind']>(
  kind: K,
  methods: string,
  act: Act<Matching<Route, K>>,
): Intercept {
  const wanted = methods.split(' ');
  return (request, response, route) => {
    if (route.kind !== kind || !wanted.includes(request.method ?? '')) return false;
    const query = new URLSearchParams(request.url?.split('?')[1]);
    return act({ request, response, route: route as Matching<Route, K>, query });
  };
}

/** Acts on requests to one path outside of the distribution API. */
export function onPath(path: string, act: Act<Route>): Intercept {
  return (request, response, route) => {
    const [asked, query] = (request.url ?? '').split('?', 2);
    if (asked !== path && !(path.endsWith('/') && asked?.startsWith(path))) return false;
    return act({ request, response, route, query: new URLSearchParams(query) });
  };
}

/** The address by which the client reached this server. */
export function originOf({ request }: Pick<Call, 'request'>): string {
  return `http://${request.headers.host}`;
}

/** The same server by its other name: another origin to every client. */
export function otherOriginOf({ request }: Pick<Call, 'request'>): string {
  return `http://localhost:${request.socket.localPort}`;
}
