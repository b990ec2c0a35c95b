import { existsSync } from 'node:fs';
import { SealiftError } from '../../src/core/index.ts';
import { type IdentityToken, readIdentityToken, requestCiToken } from '../../src/verify/index.ts';
import { readGivenFile } from './read-given-file.ts';

export interface TokenRequest {
  /** The token, or a file that holds it. */
  readonly identityToken?: string;
  /** For whom the token has to be, where the CI system is asked for one. */
  readonly audience: string;
  /** From whom the token has to be. */
  readonly issuer?: string;
}

const maxTokenFileBytes = 64 * 1024;

async function tokenText({ identityToken, audience }: TokenRequest): Promise<string> {
  if (identityToken !== undefined) {
    // A token is no name of a file: it has two dots and no slash, and nobody writes its secret into the current directory.
    if (!existsSync(identityToken)) return identityToken;
    return Buffer.from(
      await readGivenFile(identityToken, maxTokenFileBytes, 'IDENTITY_TOKEN_INVALID'),
    ).toString();
  }
  return process.env['SIGSTORE_ID_TOKEN'] || requestCiToken(audience);
}

/**
 * The OIDC token to get a certificate with: the one given, SIGSTORE_ID_TOKEN, or one that the CI system gives on request.
 * @throws SealiftError IDENTITY_TOKEN_INVALID.
 */
export async function findIdentityToken(request: TokenRequest): Promise<IdentityToken> {
  const identity = readIdentityToken(await tokenText(request), Date.now());
  if (request.issuer === undefined || request.issuer === identity.issuer) return identity;
  throw new SealiftError(
    'IDENTITY_TOKEN_INVALID',
    'identity token',
    `expected one by ${request.issuer}, got one by ${identity.issuer}`,
  );
}
