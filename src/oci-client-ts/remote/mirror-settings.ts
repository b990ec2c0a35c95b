import type { CredentialProvider, CredentialSource } from '../credentials.ts';
import { OciError } from '../errors.ts';
import { isRegistryHost, isRepositoryName } from '../name-grammar.ts';
import type { ConnectionSettings } from './connections.ts';
import type { MirrorCapability } from './mirror-rule.ts';

/** A registry that holds copies of what another holds. Of the connections of the registry itself it inherits the proxy, and nothing else. */
export interface MirrorSettings extends ConnectionSettings {
  /** `HOST[:PORT]`. */
  readonly host: string;
  /** `pull`: content by digest, checked. `resolve`: also what tags, lists of tags and referrers are, which nothing checks. */
  readonly capabilities: readonly MirrorCapability[];
  /** Path in front of every repository there, such as the project of a proxy cache. */
  readonly pathPrefix?: string;
  /**
   * True: each read says by `?ns=HOST` for whom the mirror stands, as containerd does, so that one proxy can serve many registries. Default false:
   * others need not know the parameter. https://github.com/containerd/containerd/blob/v2.1.0/docs/hosts.md
   */
  readonly namespace?: boolean;
  readonly plainHttp?: boolean;
  /** Of the mirror; those of the registry itself never go there. Default: anonymous. */
  readonly credentials?: CredentialSource | readonly CredentialProvider[];
  readonly trustedRealms?: readonly string[];
}

/** The mirrors of one registry; they are asked for reads alone, writes go to the registry itself. */
export interface HostMirrors {
  /** Tried in this order. */
  readonly mirrors: readonly MirrorSettings[];
  /** True: the registry itself is asked last. Default: false, so that a site that must not reach it never does. */
  readonly fallback?: boolean;
}

/** @throws OciError `invalid`. */
export function checkMirror({ host, pathPrefix, capabilities }: MirrorSettings): void {
  const subject = `mirror ${JSON.stringify(host.slice(0, 120))}`;
  if (!isRegistryHost(host)) throw new OciError('invalid', subject, 'expected HOST[:PORT] in lower case');
  if (capabilities.length === 0) throw new OciError('invalid', subject, 'expected a capability, got none');
  if (pathPrefix !== undefined && !isRepositoryName(pathPrefix)) {
    throw new OciError('invalid', subject, 'expected a path prefix like a repository name');
  }
}
