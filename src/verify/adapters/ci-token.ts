import { SealiftError } from '../../core/index.ts';

/**
 * Asks the CI system that this process runs in for an OIDC token: GitHub Actions or Buildkite, by their variables in the environment.
 * @throws SealiftError IDENTITY_TOKEN_INVALID where there is none to be had.
 */
export async function requestCiToken(audience: string): Promise<string> {
  const { CIContextProvider } = await import('@sigstore/sign');
  try {
    return await new CIContextProvider(audience).getToken();
  } catch {
    throw new SealiftError(
      'IDENTITY_TOKEN_INVALID',
      'identity token',
      'expected one, got none from this environment',
    );
  }
}
