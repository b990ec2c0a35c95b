import { readAll } from '../checked-content.ts';
import type { Answer } from './answer.ts';
import { parseTokenReply, type Token } from './token-reply.ts';

export interface TokenCall {
  /** `HOST[:PORT]` the token is for; named in errors. */
  readonly registry: string;
  /** Where to ask; judged before. */
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly authorization: string | undefined;
}

/** A token of a cloud provider takes some kilobytes, and some servers send it twice. */
const maxReplyBytes = 128 * 1024;

/** One call, without redirects: the realm was judged, another address was not. */
export type Ask = (url: URL, headers: Readonly<Record<string, string>>, subject: string) => Promise<Answer>;

/**
 * Asks a token server for a token by GET, with the credential or as anybody.
 * https://distribution.github.io/distribution/spec/auth/token/ @throws OciError, never `not-found`.
 */
export async function fetchToken(call: TokenCall, ask: Ask): Promise<Token> {
  const subject = `token server ${call.realm.host} of ${call.registry}`;
  const headers = call.authorization === undefined ? {} : { authorization: call.authorization };
  const answer = await ask(tokenUrl(call), headers, subject);
  try {
    await answer.expect(200);
    return parseTokenReply(await readAll(answer.chunks(), maxReplyBytes, subject), subject);
  } catch (error) {
    answer.destroy();
    throw error;
  }
}

/** An empty `scope` is refused by some servers, so what is empty is left out. */
function tokenUrl({ realm, service, scopes }: TokenCall): URL {
  const url = new URL(realm);
  url.hash = '';
  if (service !== undefined && service !== '') url.searchParams.append('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return url;
}
