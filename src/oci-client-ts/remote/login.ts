import type { Credential } from '../credentials.ts';
import { OciError } from '../errors.ts';
import type { Candidates } from './keyring.ts';

/** A header that proves a right; sent to the registry's own origin alone. */
export interface Grant {
  readonly header: string;
  /** True for a token that was there before this request: it may be out of date. */
  readonly old?: boolean;
  /** Set for a token: where to forget it. */
  readonly held?: { readonly key: string; readonly token: string };
}

/** An answer that wants another credential. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly challenges: readonly string[];
  /** Of the error body; absent when there is none to read, as with HEAD. */
  readonly text: string | undefined;
}

/** What a login needs of the authorizer, for one repository and kind of access. */
export interface LoginDesk {
  /** False until the registry has said what it wants; until then no credential is looked up. */
  readonly asked: boolean;
  candidates(signal: AbortSignal): Promise<Candidates>;
  /** Candidate that worked last. */
  preferred: number;
  /** Learns from the challenges of a refusal; false when none of them can be answered. */
  learn(challenges: readonly string[]): boolean;
  grant(credential: Credential | undefined, signal: AbortSignal): Promise<Grant | undefined>;
  dropToken(grant: Grant): void;
  forgetCredentials(): void;
}

/** Some registries say 403 where 401 is meant (ECR): only the text tells. */
const expiredText = /\btoken\b.{0,60}\bexpired\b|\bexpired\b.{0,20}\btoken\b/i;

/**
 * The way of one request through the credentials: a token that was held is renewed once, a credential that was held is fetched again once, and
 * then the next candidate has its turn. It ends, since each of these happens once.
 */
export class Login {
  readonly #desk: LoginDesk;
  readonly #refused = new Set<string>();
  readonly #renewed = new Set<number>();
  readonly #tried = new Set<number>();
  #forgotten = false;
  #at: number;
  #grant: Grant | undefined;

  constructor(desk: LoginDesk) {
    this.#desk = desk;
    this.#at = desk.preferred;
  }

  /** What the registry is known to want; nothing when it has never asked. */
  async first(signal: AbortSignal): Promise<Grant | undefined> {
    return this.#desk.asked ? this.#another(signal) : undefined;
  }

  /** The next grant after a refusal; nothing when there is no other. */
  async next(refusal: Refusal, signal: AbortSignal): Promise<Grant | undefined> {
    const grant = this.#grant;
    if (refusal.status === 401 && !this.#desk.learn(refusal.challenges)) return undefined;
    if (grant === undefined) return refusal.status === 401 ? this.#another(signal) : undefined;
    this.#refused.add(grant.header);
    const fresh = (await this.#isExpired(refusal, signal)) ? await this.#renew(grant, signal) : undefined;
    return fresh ?? this.#another(signal);
  }

  async #isExpired({ status, text }: Refusal, signal: AbortSignal): Promise<boolean> {
    if (status === 401) return true;
    if (text !== undefined) return expiredText.test(text);
    return (await this.#desk.candidates(signal))[this.#at]?.expiresAt !== undefined;
  }

  /** The same credential, fresh. */
  async #renew(grant: Grant, signal: AbortSignal): Promise<Grant | undefined> {
    if (grant.old === true && !this.#renewed.has(this.#at)) {
      this.#renewed.add(this.#at);
      this.#desk.dropToken(grant);
      return this.#single(this.#at, signal);
    }
    if (this.#forgotten) return undefined;
    this.#forgotten = true;
    const before = await this.#desk.candidates(signal);
    this.#desk.forgetCredentials();
    const after = await this.#desk.candidates(signal);
    if (JSON.stringify(after) === JSON.stringify(before)) return undefined;
    this.#desk.dropToken(grant);
    return this.#single(this.#at, signal);
  }

  /** The next candidate, the one that worked last first, that gets a grant which was not refused yet. */
  async #another(signal: AbortSignal): Promise<Grant | undefined> {
    let failure: OciError | undefined;
    for (const at of this.#untried((await this.#desk.candidates(signal)).length)) {
      this.#tried.add(at);
      try {
        const grant = await this.#single(at, signal);
        if (grant !== undefined) return grant;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        failure = error;
      }
    }
    this.#desk.preferred = 0;
    if (failure !== undefined) throw failure;
    return undefined;
  }

  #untried(count: number): readonly number[] {
    const inTurn = Array.from({ length: count }, (_, step) => (this.#at + step) % count);
    return inTurn.filter((at) => !this.#tried.has(at));
  }

  async #single(at: number, signal: AbortSignal): Promise<Grant | undefined> {
    const credential = (await this.#desk.candidates(signal))[at];
    const grant = await this.#desk.grant(credential, signal);
    if (grant === undefined || this.#refused.has(grant.header)) return undefined;
    this.#at = at;
    this.#desk.preferred = at;
    this.#grant = grant;
    return grant;
  }
}

function isRefusal(error: unknown): error is OciError {
  return error instanceof OciError && (error.code === 'unauthorized' || error.code === 'denied');
}
