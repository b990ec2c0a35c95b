import type { Intercept } from '../intercept.ts';
import { inOrder } from '../intercept.ts';
import type { Route } from '../route.ts';
import { type Call, onPath, originOf } from './mode.ts';
import { refuse, replyJson } from './reply.ts';

/** A token server on the registry's own host, and what is odd about it. */
export interface TokenServer {
  /** Value or values of `WWW-Authenticate`; `needed` is the scope of the request. */
  readonly challenge?: (realm: string, needed: string) => string | readonly string[];
  /** Answers a token request itself, or leaves it. */
  readonly answer?: (call: Call) => boolean | Promise<boolean>;
  /** Scopes a token is given of those asked for. */
  readonly grants?: (asked: readonly string[]) => readonly string[];
  /** What the reply says beside the token. */
  readonly about?: () => Readonly<Record<string, unknown>>;
}

export const tokenPath = '/token';

/** Demands a bearer token of every request, and gives one to everybody who asks. */
export function tokenGuard(server: TokenServer = {}): Intercept {
  const tokens = onPath(tokenPath, async (call) => {
    if ((await server.answer?.(call)) === true) return true;
    const asked = call.query.getAll('scope');
    const token = Buffer.from(JSON.stringify(server.grants?.(asked) ?? asked)).toString('base64url');
    return replyJson(call, 200, server.about === undefined ? { token } : { token, ...server.about() });
  });
  const guard: Intercept = (request, response, route) => {
    const call = { request, response };
    const needed = scopeOf(route, request.method ?? '');
    if (needed === undefined || isGranted(request.headers.authorization, needed)) return false;
    const challenge = server.challenge ?? plainChallenge;
    const headers = { 'www-authenticate': challenge(`${originOf(call)}${tokenPath}`, needed) };
    return refuse(call, 401, { code: 'UNAUTHORIZED' }, headers);
  };
  return inOrder([tokens, guard]);
}

export function plainChallenge(realm: string, needed: string): string {
  return `Bearer realm="${realm}",service="test",scope="${needed}"`;
}

function scopeOf(route: Route, method: string): string | undefined {
  if (!('repository' in route)) return undefined;
  const right = method === 'GET' || method === 'HEAD' ? 'pull' : method === 'DELETE' ? 'delete' : 'push';
  return `repository:${route.repository}:${right}`;
}

function isGranted(authorization: string | undefined, needed: string): boolean {
  const [, token] = /^Bearer (\S+)$/.exec(authorization ?? '') ?? [];
  if (token === undefined) return false;
  const end = needed.lastIndexOf(':');
  const [resource, right] = [needed.slice(0, end + 1), needed.slice(end + 1)];
  return scopesIn(token).some(
    (scope) => scope.startsWith(resource) && scope.slice(resource.length).split(',').includes(right),
  );
}

function scopesIn(token: string): readonly string[] {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as readonly string[];
  } catch {
    return [];
  }
}

/** Demands basic credentials, any, of every request that this applies to. */
export function demandsBasic(call: Pick<Call, 'request' | 'response'>): false | Promise<true> {
  if (call.request.headers.authorization?.startsWith('Basic ') === true) return false;
  return refuse(call, 401, { code: 'UNAUTHORIZED' }, { 'www-authenticate': 'Basic realm="test"' });
}
