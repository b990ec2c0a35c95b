import { readAll } from '../checked-content.ts';
import type { Credential, IdentityCredential } from '../credentials.ts';
import type { Answer } from './answer.ts';
import { basicHeader, passwordHeader } from './authorization-header.ts';
import type { Exchange } from './exchange.ts';
import { parseTokenReply, type Token } from './token-reply.ts';

export interface TokenCall {
  /** `HOST[:PORT]` the token is for; named in errors. */
  readonly registry: string;
  /** Of the registry. */
  readonly origin: URL;
  /** Where to ask; judged before. */
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
}

/** A token of a cloud provider takes some kilobytes, and some servers send it twice. */
const maxReplyBytes = 128 * 1024;

/** Names us to token servers that keep a list of who asked. */
const clientId = 'oci-client-ts';

/** One call, without redirects: the realm was judged, another address was not. */
export type Ask = (call: Omit<Exchange, 'signal'>) => Promise<Answer>;

/**
 * Asks a token server for a token: with a user name and password, or as anybody, by GET; with an identity token by POST, and where there is no
 * such thing, by GET with the token for a password.
 * https://distribution.github.io/distribution/spec/auth/token/ and .../auth/oauth/ @throws OciError, never `not-found`.
 */
export async function fetchToken(call: TokenCall, ask: Ask): Promise<Token> {
  const subject = `token server ${call.realm.host} of ${call.registry}`;
  const { credential } = call;
  if (credential?.kind !== 'identity') {
    const header = passwordHeader(credential, call.registry);
    return readToken(await ask(getCall(call, header, subject)), subject);
  }
  const answer = await ask(postCall(call, credential, subject));
  if (answer.status !== 404 && answer.status !== 405) return readToken(answer, subject);
  await answer.discard();
  const header = basicHeader(credential.username ?? '<token>', credential.token);
  return readToken(await ask(getCall(call, header, subject)), subject);
}

async function readToken(answer: Answer, subject: string): Promise<Token> {
  try {
    await answer.expect(200);
    return parseTokenReply(await readAll(answer.chunks(), maxReplyBytes, subject), subject);
  } catch (error) {
    answer.destroy();
    throw error;
  }
}

function getCall(call: TokenCall, header: string | undefined, subject: string): Omit<Exchange, 'signal'> {
  const headers = header === undefined ? {} : { authorization: header };
  return { method: 'GET', url: tokenUrl(call), headers, subject };
}

/** An empty `scope` is refused by some servers, so what is empty is left out. */
function tokenUrl({ realm, service, scopes }: TokenCall): URL {
  const url = new URL(realm);
  url.hash = '';
  if (service !== undefined && service !== '') url.searchParams.append('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return url;
}

function postCall(
  { realm, service, scopes }: TokenCall,
  { token }: IdentityCredential,
  subject: string,
): Omit<Exchange, 'signal'> {
  const url = new URL(realm);
  url.hash = '';
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: clientId,
    refresh_token: token,
  });
  if (service !== undefined && service !== '') form.append('service', service);
  if (scopes.length > 0) form.append('scope', scopes.join(' '));
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: { kind: 'bytes', bytes: Buffer.from(form.toString()) },
    subject,
  };
}
