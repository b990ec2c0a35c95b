import { formatRef, SealiftError } from '../../../../core/index.ts';
import {
  type IssuedToken,
  readIssuedToken,
  type TokenDemand,
  tokenRequest,
} from '../../access/account-token.ts';
import { apiFailure } from '../answers/api-failure.ts';
import { objectPath } from '../resource-path.ts';
import type { ApiReply, ApiRequest } from './api-transport.ts';

interface Ports {
  /** Address, for messages. */
  readonly server: string;
  ask(request: ApiRequest): Promise<ApiReply>;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** A token has a kilobyte or two. */
const maxAnswerBytes = 256 * 1024;

const resource = { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts' };

/**
 * A token of a service account, by https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
 * @throws SealiftError TARGET_UNAUTHENTICATED for whatever fails: what is asked with the token must not take it for an answer of its own.
 */
export async function issueToken({ server, ask, now }: Ports, demand: TokenDemand): Promise<IssuedToken> {
  const ref = { ...resource, ...demand.account };
  const request = {
    method: 'POST',
    path: `${objectPath({ ...resource, namespaced: true, watchable: true }, ref)}/token`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(tokenRequest(demand)),
    subject: server,
    limit: maxAnswerBytes,
  } as const;
  try {
    const reply = await ask(request);
    if (reply.status === 404) throw apiFailure(reply, request);
    return readIssuedToken(reply.body, server, now());
  } catch (thrown) {
    if (!(thrown instanceof SealiftError)) throw thrown;
    const { message, retryAfterMs } = thrown;
    const options = { cause: thrown, retryAfterMs };
    throw new SealiftError(
      'TARGET_UNAUTHENTICATED',
      formatRef(ref),
      `expected a token, got ${message}`,
      options,
    );
  }
}
