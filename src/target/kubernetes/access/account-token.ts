import * as z from 'zod';
import { type Owner, SealiftError } from '../../../core/index.ts';

/** A token to be shown to somebody else than the API server that makes it. */
export interface TokenDemand {
  /** The service account. */
  readonly account: Owner;
  /** Whom it is for; nobody else has to accept it. */
  readonly audiences: readonly string[];
}

/** What proves to another cluster who we are. */
export interface IssuedToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Where a login gets its tokens. */
export interface TokenSource {
  /** For messages, as in `a token of ServiceAccount/NAMESPACE/NAME for AUDIENCE`. */
  readonly what: string;
  issue(signal: AbortSignal): Promise<IssuedToken>;
}

/** Makes tokens of service accounts. */
export interface TokenIssuer {
  /** @throws SealiftError TARGET_UNAUTHENTICATED where there is none, or the reason of the signal. */
  issueToken(demand: TokenDemand, signal: AbortSignal): Promise<IssuedToken>;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
const answer = z.object({
  metadata: z.object({ creationTimestamp: z.iso.datetime().nullish() }).nullish(),
  status: z.object({ token: z.string().min(1), expirationTimestamp: z.iso.datetime() }),
});

/** What is asked for: a token of the usual life, of an hour. */
export function tokenRequest({ audiences }: TokenDemand): object {
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences } };
}

/**
 * @param now milliseconds since the epoch: how long a token lives is counted from here, whatever the server takes for the time.
 * @throws SealiftError TARGET_FAILED, which repeats nothing of the answer.
 */
export function readIssuedToken(body: unknown, subject: string, now: number): IssuedToken {
  const found = answer.safeParse(body);
  if (!found.success) {
    const detail = 'expected a TokenRequest with a token and its end, got something else';
    throw new SealiftError('TARGET_FAILED', subject, detail);
  }
  const { metadata, status } = found.data;
  const end = Date.parse(status.expirationTimestamp);
  const begin = metadata?.creationTimestamp;
  const expiresAt = begin == null ? end : now + end - Date.parse(begin);
  return { token: status.token, expiresAt };
}
