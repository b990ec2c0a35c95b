import { createHash, timingSafeEqual } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { isRegistryHost } from '../name-grammar.ts';
import { type Access, accessesOf, neededAccess, type RegistryAction, scopeOf } from './access.ts';
import { ApiError } from './api-error.ts';
import { type Exchange, type Gatekeeper, sendJson } from './exchange.ts';
import type { Route } from './route.ts';
import { TokenMint, tokenLifeSeconds } from './token.ts';

export interface RegistryUser {
  readonly name: string;
  readonly password: string;
  /**
   * Default everything, the list of repositories too. Deleting is an action of its own, and whoever has this rule may delete tags alone: blobs and
   * nameless manifests, such as signatures, are shared by all repositories.
   */
  readonly permits?: (repository: string, action: RegistryAction) => boolean;
}

export interface RegistryAuth {
  /** `token`: passwords go to the registry's own `/token` alone, and short-lived tokens everywhere else. */
  readonly kind: 'basic' | 'token';
  readonly users: readonly RegistryUser[];
  /** Lets everybody read everything. Default false. */
  readonly anonymousPull?: boolean;
}

/** Scopes one token may bear: a copy between repositories needs two. */
const maxScopes = 16;

/** Who somebody is, or that nobody says so. */
type Caller = RegistryUser | 'anonymous';

/** Lets a request pass or refuses it. Names are guarded, not content: who knows a digest can read it through any repository open to them. */
export class Gate implements Gatekeeper {
  readonly #auth: RegistryAuth;
  readonly #mint = new TokenMint();

  constructor(auth: RegistryAuth) {
    this.#auth = auth;
  }

  /** @throws ApiError 401 with a challenge, 403. */
  check(exchange: Exchange, route: Route): void {
    const access = neededAccess(route, exchange.request.method ?? '');
    if (access.kind === 'none') return;
    const { scheme, credential } = authorizationOf(exchange);
    if (scheme === undefined && access.kind !== 'any' && this.#permits('anonymous', access)) return;
    if (this.#auth.kind === 'token')
      this.#checkToken(exchange, access, scheme === 'bearer' ? credential : undefined);
    else this.#checkPassword(exchange, access);
  }

  /** The token endpoint. https://distribution.github.io/distribution/spec/auth/token/ @throws ApiError 401, 400. */
  sendToken(exchange: Exchange): void {
    if (this.#auth.kind !== 'token') throw new ApiError(404, 'UNSUPPORTED', 'no such endpoint');
    const { scheme } = authorizationOf(exchange);
    const caller = scheme === undefined ? 'anonymous' : this.#user(exchange);
    if (caller === undefined) throw unauthorized('wrong user or password', 'Basic realm="registry"');
    const scopes = exchange.query.getAll('scope').flatMap((scope) => scope.split(' '));
    if (scopes.length > maxScopes) {
      throw new ApiError(400, 'UNSUPPORTED', `expected at most ${maxScopes} scopes, got ${scopes.length}`);
    }
    const granted = scopes
      .flatMap(accessesOf)
      .filter((access) => this.#permits(caller, access))
      .map(keyOf);
    const token = this.#mint.issue(granted);
    sendJson(exchange, 200, { token, access_token: token, expires_in: tokenLifeSeconds });
  }

  #checkToken(exchange: Exchange, access: Access, token: string | undefined): void {
    const granted = token === undefined ? undefined : this.#mint.read(token);
    const key = keyOf(access);
    if (granted !== undefined && (key === '' || granted.includes(key))) return;
    const scope = scopeOf(access);
    const fault =
      token === undefined ? '' : `,error="${granted === undefined ? 'invalid_token' : 'insufficient_scope'}"`;
    const asked = scope === undefined ? '' : `,scope="${scope}"`;
    const address = addressOf(exchange);
    const realm = `Bearer realm="${address}/token",service="${new URL(address).host}"`;
    throw unauthorized('a token with the right scope is needed', `${realm}${asked}${fault}`);
  }

  #checkPassword(exchange: Exchange, access: Access): void {
    const user = this.#user(exchange);
    if (user === undefined) throw unauthorized('user and password are needed', 'Basic realm="registry"');
    if (!this.#permits(user, access)) throw new ApiError(403, 'DENIED', 'not permitted to this user');
  }

  #permits(caller: Caller, access: Access): boolean {
    if (access.kind === 'any' || access.kind === 'none') return true;
    if (caller === 'anonymous') {
      const isReading = access.kind !== 'repository' || access.action === 'pull';
      return isReading && this.#auth.anonymousPull === true;
    }
    if (caller.permits === undefined) return true;
    if (access.kind !== 'repository' || access.isShared) return false;
    return caller.permits(access.repository, access.action);
  }

  #user(exchange: Exchange): RegistryUser | undefined {
    const { scheme, credential = '' } = authorizationOf(exchange);
    if (scheme !== 'basic') return undefined;
    const text = Buffer.from(credential, 'base64').toString();
    const colon = text.indexOf(':');
    const [name, password] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
    return this.#auth.users.find((user) => user.name === name && isEqual(user.password, password));
  }
}

/** What a token bears for an access; empty for what every token may do. */
function keyOf(access: Access): string {
  if (access.kind === 'repository')
    return `${access.repository}:${access.action}${access.isShared ? ':shared' : ''}`;
  return access.kind === 'catalog' ? 'catalog' : '';
}

function authorizationOf({ request }: Exchange): { readonly scheme?: string; readonly credential?: string } {
  const { authorization } = request.headers;
  if (authorization === undefined) return {};
  const [, scheme = 'unknown', credential = ''] = /^([A-Za-z]+) +(\S+)$/.exec(authorization) ?? [];
  return { scheme: scheme.toLowerCase(), credential };
}

/** As the client called us; a name that is none may only mislead the client that sent it, and gets none back. */
function addressOf({ request }: Exchange): string {
  const { host = '' } = request.headers;
  const { localAddress, localPort } = request.socket;
  const isSecure = (request.socket as Partial<TLSSocket>).encrypted === true;
  const own = `${localAddress?.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
  return `${isSecure ? 'https' : 'http'}://${isRegistryHost(host.toLowerCase()) ? host : own}`;
}

function unauthorized(message: string, challenge: string): ApiError {
  return new ApiError(401, 'UNAUTHORIZED', message, { headers: { 'www-authenticate': challenge } });
}

/** Takes the same time wherever the two differ. */
function isEqual(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
