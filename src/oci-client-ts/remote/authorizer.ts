import type { Credential, CredentialSource } from '../credentials.ts';
import { OciError } from '../errors.ts';
import { answerable, type Challenge, parseChallenges } from './challenge.ts';
import type { RegistryClock } from './clock.ts';
import { judgeRealm } from './realm-rule.ts';
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
}

/** A header that proves a right; sent to the registry's own origin alone. */
export interface Grant {
  readonly header: string;
  /** Set for a token: where to forget it. */
  readonly held?: { readonly key: string; readonly token: string };
}

export interface AuthorizerOptions {
  readonly clock: RegistryClock;
  readonly credentials: CredentialSource;
  readonly trustedRealms: readonly string[];
  readonly fetchToken: (call: TokenCall, signal: AbortSignal) => Promise<Token>;
}

/** Knows how each registry wants to be asked, once it has said so, and holds the tokens. */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #tokens: TokenCache;
  readonly #challenges = new Map<string, Challenge>();
  readonly #scopes = new Map<string, readonly string[]>();

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    this.#tokens = new TokenCache(options.clock);
  }

  /** What the last challenge of this host asks for; nothing when it has never asked. */
  async grant(access: Access, signal: AbortSignal): Promise<Grant | undefined> {
    const challenge = this.#challenges.get(access.origin.origin);
    return challenge === undefined ? undefined : this.#answer(challenge, access, signal);
  }

  /** Learns from a refusal; nothing when there is no other answer than the one that was refused. */
  async renew(
    access: Access,
    refused: { readonly headers: readonly string[]; readonly grant: Grant | undefined },
    signal: AbortSignal,
  ): Promise<Grant | undefined> {
    const challenge = answerable(parseChallenges(refused.headers));
    if (challenge === undefined) return undefined;
    const held = refused.grant?.held;
    if (held !== undefined) this.#tokens.drop(held.key, held.token);
    this.#challenges.set(access.origin.origin, challenge);
    const scopes = mergeScopes([this.#needed(access)], challenge.parameters.get('scope'));
    this.#scopes.set(scopeKey(access), scopes);
    const grant = await this.#answer(challenge, access, signal);
    return grant?.header === refused.grant?.header ? undefined : grant;
  }

  async #answer(challenge: Challenge, access: Access, signal: AbortSignal): Promise<Grant | undefined> {
    const credential = await this.#options.credentials(access.host, access.repository);
    if (challenge.scheme === 'bearer') return this.#bearer(challenge, { ...access, credential }, signal);
    return credential === undefined ? undefined : { header: basicHeader(credential) };
  }

  async #bearer(
    challenge: Challenge,
    access: Access & { readonly credential: Credential | undefined },
    signal: AbortSignal,
  ): Promise<Grant> {
    const { credential } = access;
    const call: TokenCall = {
      registry: access.host,
      realm: this.#realm(access, challenge.parameters.get('realm') ?? ''),
      service: challenge.parameters.get('service'),
      scopes: this.#scopes.get(scopeKey(access)) ?? [this.#needed(access)],
      authorization: credential === undefined ? undefined : basicHeader(credential),
    };
    const key = JSON.stringify([
      access.origin.origin,
      call.realm.href,
      call.service,
      call.scopes,
      credential?.username,
    ]);
    const token = await this.#tokens.get(key, (shared) => this.#options.fetchToken(call, shared), signal);
    return { header: `Bearer ${token}`, held: { key, token } };
  }

  #needed(access: Access): string {
    return repositoryScope(access.repository, access.actions);
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

function scopeKey(access: Access): string {
  return `${access.origin.origin} ${repositoryScope(access.repository, access.actions)}`;
}

function basicHeader({ username, password }: Credential): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
