import {
  type CredentialProvider,
  openLayout,
  openLayoutArchive,
  type ProxySettings,
  proxyFromEnvironment,
  pullSecretsProvider,
  type ReadStore,
  RemoteRepository,
  Transport,
} from 'oci-client-ts';
import {
  asRegistryError,
  type DesiredState,
  type OciRepository,
  requireSecret,
  secretValues,
} from '../../src/api/index.ts';
import { SealiftError } from '../../src/core/index.ts';
import { parseGivenReference } from './given-reference.ts';
import { version } from './version.ts';

const dockerConfigKey = '.dockerconfigjson';

/** Transports hold connections and tokens, so sources with the same access share one. More kinds of access than this are dropped, oldest first. */
const maxTransports = 64;

/** Text of the Secret of type `kubernetes.io/dockerconfigjson` that a source names. */
function pullSecret({ metadata, spec }: OciRepository, desired: DesiredState): string | undefined {
  if (spec.secretRef === undefined) return undefined;
  const { namespace } = metadata;
  const secret = requireSecret(desired, namespace, spec.secretRef.name);
  const text = secretValues(secret)[dockerConfigKey];
  if (text === undefined) {
    const subject = `Secret/${namespace}/${spec.secretRef.name}`;
    throw new SealiftError(
      'CONFIG_INVALID',
      subject,
      `expected a key ${dockerConfigKey}, as \`kubectl create secret docker-registry\` makes it`,
    );
  }
  return text;
}

function credentialsFrom(text: string | undefined, subject: string): CredentialProvider[] {
  if (text === undefined) return [];
  return [pullSecretsProvider([{ subject, type: 'kubernetes.io/dockerconfigjson', text }])];
}

/** Opens the repositories that sources poll, over connections that live as long as the process. */
export class RepositoryOpener {
  readonly #transports = new Map<string, Transport>();
  readonly #proxy: ProxySettings;

  /** @param environment where `http_proxy`, `https_proxy` and `no_proxy` are read. */
  constructor(environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.#proxy = proxyFromEnvironment(environment);
  }

  /** @throws SealiftError REFERENCE_INVALID, OBJECT_NOT_FOUND, CONFIG_INVALID; and what opening a layout throws. */
  async open(source: OciRepository, desired: DesiredState): Promise<ReadStore> {
    const { url } = source.spec;
    try {
      const reference = parseGivenReference(url);
      if (reference.tag !== undefined || reference.digest !== undefined) {
        throw new SealiftError(
          'REFERENCE_INVALID',
          url,
          'expected no tag or digest in spec.url; name it in spec.ref',
        );
      }
      if (reference.kind === 'layout') {
        return (await openLayout(reference.directory, { missing: 'refuse' })).repository();
      }
      if (reference.kind === 'archive') return (await openLayoutArchive(reference.file)).repository();
      const { host, repository } = reference;
      return new RemoteRepository({ host, repository, transport: this.#transport(source, desired) });
    } catch (thrown) {
      throw asRegistryError(thrown, url);
    }
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await Promise.all([...this.#transports.values()].map((transport) => transport.close()));
    this.#transports.clear();
  }

  #transport(source: OciRepository, desired: DesiredState): Transport {
    const text = pullSecret(source, desired);
    const key = JSON.stringify([source.spec.insecure, text ?? null]);
    const known = this.#transports.get(key);
    if (known !== undefined) return known;
    const credentials = credentialsFrom(
      text,
      `Secret/${source.metadata.namespace}/${source.spec.secretRef?.name ?? ''}`,
    );
    const transport = new Transport({
      credentials,
      proxy: this.#proxy,
      userAgent: `sealift/${version}`,
      ...(source.spec.insecure ? { plainHttp: true } : {}),
    });
    this.#transports.set(key, transport);
    this.#dropOldest();
    return transport;
  }

  #dropOldest(): void {
    const [oldest] = this.#transports;
    if (this.#transports.size <= maxTransports || oldest === undefined) return;
    const [key, transport] = oldest;
    this.#transports.delete(key);
    void transport.close();
  }
}
