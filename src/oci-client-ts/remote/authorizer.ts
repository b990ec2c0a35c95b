import type { Credential } from '../credentials.ts';
import { OciError } from '../errors.ts';
import { fingerprint, passwordHeader } from './authorization-header.ts';
import { answerable, type Challenge, parseChallenges } from './challenge.ts';
import type { RegistryClock } from './clock.ts';
import type { Keyring } from './keyring.ts';
import { type Grant, Login } from './login.ts';
import { judgeRealm } from './realm-rule.ts';
import { RotatedTokens } from './rotated-tokens.ts';
import { mergeScopes, repositoryScope } from './scope.ts';
import { TokenCache } from './token-cache.ts';
import type { TokenCall } from './token-client.ts';
import type { Token } from './token-reply.ts';

/** What a request wants to do, and where. */
export interface Access {
  readonly origin: URL;
  readonly host: string;
  readonly repository: string;
  readonly actions: readonly string[];
  /** Scopes that are needed besides, such as that of a repository from which is taken over. */
  readonly also?: readonly string[];
}

export interface AuthorizerOptions {
  readonly clock: RegistryClock;
  readonly keyring: Keyring;
  readonly trustedRealms: readonly string[];
  readonly fetchToken: (call: TokenCall, signal: AbortSignal) => Promise<Token>;
}

/** Knows how each registry wants to be asked, once it has said so, and holds the tokens. */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #tokens: TokenCache;
  readonly #rotated = new RotatedTokens();
  readonly #challenges = new Map<string, Challenge>();
  readonly #scopes = new Map<string, readonly string[]>();
  /** The candidate that worked last, by repository, where it is not the first. */
  readonly #preferred = new Map<string, number>();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    this.#tokens = new TokenCache(options.clock);
  }

  /** The way of one request through the credentials. */
  login(access: Access): Login {
    const { keyring } = this.#options;
    const preferred = this.#preferred;
    const key = scopeKey(access);
    return new Login({
      asked: this.#challenges.has(access.origin.origin),
      candidates: (signal) => keyring.candidates(access, signal),
      get preferred() {
        return preferred.get(key) ?? 0;
      },
      set preferred(at) {
        if (at === 0) preferred.delete(key);
        else preferred.set(key, at);
      },
      learn: (challenges) => this.#learn(access, challenges),
      grant: (credential, signal) => this.#grant(access, credential, signal),
      dropToken: ({ held }) => {
        if (held !== undefined) this.#tokens.drop(held.key, held.token);
      },
      forgetCredentials: () => keyring.forget(access.host),
    });
  }

  #learn(access: Access, headers: readonly string[]): boolean {
    const challenge = answerable(parseChallenges(headers));
    if (challenge === undefined) return false;
    this.#challenges.set(access.origin.origin, challenge);
    const scopes = mergeScopes(neededScopes(access), challenge.parameters.get('scope'));
    this.#scopes.set(scopeKey(access), scopes);
    return true;
  }

  async #grant(
    access: Access,
    credential: Credential | undefined,
    signal: AbortSignal,
  ): Promise<Grant | undefined> {
    const challenge = this.#challenges.get(access.origin.origin);
    if (challenge === undefined) return undefined;
    if (challenge.scheme === 'bearer' && credential?.kind !== 'bearer') {
      return this.#bearer(challenge, { ...access, credential }, signal);
    }
    const header = passwordHeader(credential, access.host);
    return header === undefined ? undefined : { header };
  }

  async #bearer(
    challenge: Challenge,
    access: Access & { readonly credential: Credential | undefined },
    signal: AbortSignal,
  ): Promise<Grant> {
    const { credential } = access;
    const call: TokenCall = {
      registry: access.host,
      origin: access.origin,
      realm: this.#realm(access, challenge.parameters.get('realm') ?? ''),
      service: challenge.parameters.get('service'),
      scopes: this.#scopes.get(scopeKey(access)) ?? neededScopes(access),
      credential,
    };
    const { realm, service, scopes } = call;
    const key = JSON.stringify([access.origin.origin, realm.href, service, scopes, fingerprint(credential)]);
    let old = true;
    const load = (shared: AbortSignal): Promise<Token> => {
      old = false;
      return this.#rotated.fetch(call, (actual) => this.#options.fetchToken(actual, shared));
    };
    const token = await this.#tokens.get(key, load, signal);
    return { header: `Bearer ${token}`, old, held: { key, token } };
  }

  #realm(access: Access & { readonly credential: Credential | undefined }, realm: string): URL {
    const verdict = judgeRealm(access.origin, realm, this.#options.trustedRealms);
    if (verdict.kind === 'refused') {
      throw new OciError(
        'protocol',
        access.host,
        `expected a token server that may be asked, got ${verdict.reason}`,
      );
    }
    if (verdict.kind === 'anonymous' && access.credential !== undefined) {
      throw new OciError(
        'unauthorized',
        access.host,
        `expected a token server on the registry's own host, got ${verdict.url.host}: credentials go there only when it is a trusted realm`,
      );
    }
    return verdict.url;
  }
}

/** That of the repository itself first: some token servers read no other. */
function neededScopes({ repository, actions, also = [] }: Access): readonly string[] {
  return [repositoryScope(repository, actions), ...also];
}

function scopeKey(access: Access): string {
  return [access.origin.origin, ...neededScopes(access)].join(' ');
}
