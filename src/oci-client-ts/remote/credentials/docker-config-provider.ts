import type { CredentialProvider } from '../../credentials.ts';
import { type DockerConfig, matchDockerConfig } from '../../docker-config.ts';
import { OciError } from '../../errors.ts';
import type { CredentialHelpers } from './credential-helpers.ts';

/** The credentials of a docker config. Without `helpers`, a host that needs a helper program is an error, and never anonymous. */
export function dockerConfigProvider(config: DockerConfig, helpers?: CredentialHelpers): CredentialProvider {
  const names = new Set([...config.helpers.values(), config.defaultHelper ?? '']);
  return {
    match: () => true,
    async get({ host, repository }, signal) {
      const found = matchDockerConfig(config, host, repository);
      if (found.kind === 'credentials') return found.credentials;
      if (helpers !== undefined) return helpers.get(found.name, host, signal);
      throw new OciError('unsupported', host, 'expected a credential in the config, got a helper program');
    },
    forget(host) {
      for (const name of names) helpers?.forget(name, host);
    },
  };
}
