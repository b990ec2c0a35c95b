import * as z from 'zod';
import { SealiftError } from '../../core/index.ts';

/** What a token says of who asks for a certificate. Its signature is the certificate authority's to check. */
export interface IdentityToken {
  /** The JSON Web Token: a secret. */
  readonly token: string;
  readonly issuer: string;
}

const subject = 'identity token';

/** https://www.rfc-editor.org/rfc/rfc7519#section-4.1 and what Fulcio asks for of an e-mail address. */
const claimsSchema = z.object({
  iss: z.string().min(1),
  sub: z.string().min(1),
  exp: z.number().optional(),
  email: z.string().optional(),
  email_verified: z.unknown().optional(),
});

/** Longer than any token of a CI system, which has 1 to 2 KiB; it goes into one header line. */
const maxTokenCharacters = 16 * 1024;

/**
 * Reads an OIDC token far enough to refuse what no certificate authority would take. Never repeats any of it.
 * @throws SealiftError IDENTITY_TOKEN_INVALID. `now` is milliseconds since the epoch.
 */
export function readIdentityToken(text: string, now: number): IdentityToken {
  const token = text.trim();
  if (token.length > maxTokenCharacters) {
    throw invalid(`expected at most ${maxTokenCharacters} characters, got ${token.length}`);
  }
  const claims = claimsSchema.safeParse(payloadOf(token));
  if (!claims.success) throw invalid('expected a JSON Web Token with issuer and subject, got another text');
  const { iss, exp = Number.POSITIVE_INFINITY, email, email_verified } = claims.data;
  if (exp * 1000 <= now) {
    throw invalid(
      `expected a token that is valid now, got one that ended ${Math.ceil(now / 1000 - exp)} s ago`,
    );
  }
  if (email !== undefined && email_verified !== true && email_verified !== 'true') {
    throw invalid('expected an e-mail address that its issuer verified, got one that it did not');
  }
  return { token, issuer: iss };
}

function payloadOf(token: string): unknown {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    return JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function invalid(detail: string): SealiftError {
  return new SealiftError('IDENTITY_TOKEN_INVALID', subject, detail);
}
