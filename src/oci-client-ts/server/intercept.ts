import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from './route.ts';

/**
 * Looks at each request first. True means that it has answered, or will: with another status, slowly, in part, or by cutting the
 * socket. A route means that the request is answered as if it had asked for that. For tests of clients.
 */
export type Intercept = (
  request: IncomingMessage,
  response: ServerResponse,
  route: Route,
) => boolean | Route | Promise<boolean | Route>;

/** The first that takes the request has it; a route that one of them names is what the next ones see. */
export function inOrder(intercepts: readonly Intercept[]): Intercept {
  return async (request, response, asked) => {
    let route = asked;
    for (const intercept of intercepts) {
      const taken = await intercept(request, response, route);
      if (taken === true) return true;
      if (taken !== false) route = taken;
    }
    return route === asked ? false : route;
  };
}
