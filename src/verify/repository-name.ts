import { posix } from 'node:path';
import type { OciRepository } from '../api/index.ts';
import { matchesGlob } from './repository-glob.ts';

/**
 * What policies are matched against. A registry may be spelled in several ways; each spelling has to meet the same policies, or a source
 * could pick the weaker ones by spelling.
 */
export type RepositoryName =
  | { readonly kind: 'registry'; readonly name: string }
  | { readonly kind: 'layout'; readonly name: string };

const layoutScheme = 'oci-layout:';
const registryScheme = 'oci://';

/** Names under which Docker Hub answers. */
const dockerHub: ReadonlySet<string> = new Set([
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

/** `HOST/REPOSITORY` in lower case without default port, or the normal form of a layout's directory. */
export function repositoryName({
  url,
  insecure,
}: Pick<OciRepository['spec'], 'url' | 'insecure'>): RepositoryName {
  if (url.startsWith(layoutScheme)) {
    return { kind: 'layout', name: trimSlashes(posix.normalize(url.slice(layoutScheme.length))) };
  }
  const [host = '', ...path] = trimSlashes(url.slice(registryScheme.length).toLowerCase()).split('/');
  return {
    kind: 'registry',
    name: [normalHost(host, insecure), ...path.filter((part) => part !== '')].join('/'),
  };
}

/** True when a policy's glob covers this repository. Registry names have no upper case, so neither has a glob over them. */
export function matchesRepository(glob: string, { kind, name }: RepositoryName): boolean {
  return matchesGlob(kind === 'registry' ? glob.toLowerCase() : glob, name);
}

function normalHost(host: string, insecure: boolean): string {
  const [, name = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  const bare = name.endsWith('.') ? name.slice(0, -1) : name;
  const known = dockerHub.has(bare) ? 'docker.io' : bare;
  const isDefault = port === '443' || (insecure && port === '80');
  return port === undefined || isDefault ? known : `${known}:${Number(port)}`;
}

function trimSlashes(text: string): string {
  let end = text.length;
  while (end > 1 && text[end - 1] === '/') end -= 1;
  return text.slice(0, end);
}
