import type { CredentialProvider } from '../../credentials.ts';
import { matchDockerConfig, parseDockerConfig } from '../../docker-config.ts';
import { OciError } from '../../errors.ts';

/** A pull secret, decoded. */
export interface PullSecret {
  /** As in `Secret/NAMESPACE/NAME`; named in errors. */
  readonly subject: string;
  readonly type: 'kubernetes.io/dockerconfigjson' | 'kubernetes.io/dockercfg';
  /** Of the key `.dockerconfigjson` or `.dockercfg`. */
  readonly text: string;
}

/**
 * The credentials of pull secrets by the rules of a kubelet: every entry that fits is tried, those of the first secret first, the most
 * specific first, each once.
 * @throws OciError `invalid` for a secret that cannot be read.
 */
export function pullSecretsProvider(secrets: readonly PullSecret[]): CredentialProvider {
  const configs = secrets.map(({ subject, type, text }) =>
    parseDockerConfig(text, subject, { matching: 'kubelet', bare: type === 'kubernetes.io/dockercfg' }),
  );
  return {
    match: () => true,
    async get({ host, repository }) {
      return configs.flatMap((config) => {
        const found = matchDockerConfig(config, host, repository);
        if (found.kind === 'credentials') return found.credentials;
        throw new OciError('unsupported', host, 'expected a credential in the secret, got a helper program');
      });
    },
  };
}
