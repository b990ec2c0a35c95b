import type { IdentityCredential } from '../credentials.ts';
import { OciError } from '../errors.ts';
import { serialQueue } from '../serial-queue.ts';
import { fingerprint } from './authorization-header.ts';
import type { TokenCall } from './token-client.ts';
import type { Token } from './token-reply.ts';

/** Token servers come from registries; each has few credentials. */
const maxAccounts = 1024;

type Fetch = (call: TokenCall) => Promise<Token>;

interface Account {
  /** Absent: the credential itself. */
  newest?: IdentityCredential;
  /** True after an answer that replaced nothing: then several may be asked for at the same time. */
  isFixed: boolean;
  readonly inTurn: ReturnType<typeof serialQueue>;
}

/**
 * Identity tokens that token servers have replaced by others: some take each but once. They live in memory alone, belong to the server that
 * gave them, and end with the credential that they came from. https://datatracker.ietf.org/doc/html/rfc6749#section-6
 */
export class RotatedTokens {
  readonly #accounts = new Map<string, Account>();

  /** Fetches by the newest token there is, and by the credential itself once that is refused. @throws what `fetch` throws. */
  async fetch(call: TokenCall, fetch: Fetch): Promise<Token> {
    const { credential } = call;
    if (credential?.kind !== 'identity') return fetch(call);
    const account = this.#account(JSON.stringify([call.realm.href, call.service, fingerprint(credential)]));
    const ask = async (): Promise<Token> => {
      const used = account.newest ?? credential;
      const token = await fetch({ ...call, credential: used }).catch((error: unknown) => {
        if (account.newest === undefined || !isRefusal(error)) throw error;
        delete account.newest;
        return fetch(call);
      });
      const next = token.refreshToken ?? used.token;
      account.isFixed = next === used.token && account.newest === undefined;
      if (next !== used.token) account.newest = { ...credential, token: next };
      return token;
    };
    return account.isFixed ? ask() : account.inTurn(ask);
  }

  #account(key: string): Account {
    const account = this.#accounts.get(key) ?? { isFixed: false, inTurn: serialQueue() };
    this.#accounts.delete(key);
    this.#accounts.set(key, account);
    const [oldest] = this.#accounts.keys();
    if (this.#accounts.size > maxAccounts && oldest !== undefined) this.#accounts.delete(oldest);
    return account;
  }
}

/** 400 is what OAuth2 says of a token that is not valid any more. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof OciError)) return false;
  const { status } = error.details;
  return status === 400 || status === 401 || status === 403;
}
