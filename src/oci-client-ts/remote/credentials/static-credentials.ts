import { canonicalHost } from '../../canonical-host.ts';
import type { Credential, CredentialProvider } from '../../credentials.ts';

/** One credential for one `HOST[:PORT]`, and for no other. */
export function staticCredential(host: string, credential: Credential): CredentialProvider {
  const wanted = canonicalHost(host);
  return {
    match: (asked) => canonicalHost(asked) === wanted,
    get: async () => [credential],
  };
}
