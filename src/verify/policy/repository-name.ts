import { posix } from 'node:path';
import { parseReference } from 'oci-client-ts';
import { SealiftError } from '../../core/index.ts';
import { canonicalHost } from './canonical-host.ts';
import { matchesGlob } from './repository-glob.ts';

/**
 * Every way to write one repository, so far as text can tell. A policy that covers one of them covers it: otherwise whoever writes a source
 * could choose by spelling which policies it meets.
 */
export interface RepositorySpellings {
  readonly kind: 'registry' | 'layout';
  readonly names: readonly string[];
}

/** Names under which Docker Hub answers; its official repositories go with and without `library/`. */
const dockerHub = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'];
const officialPrefix = 'library/';

/** The port that HTTPS or, for a source that allows it, plain HTTP takes when none is written. */
const defaultPort = /:(?:443|80)$/;

/** `HOST/REPOSITORY` of a registry, or the directory of a layout, or the file of an archived one. @throws SealiftError REFERENCE_INVALID. */
export function spellingsOf(url: string): RepositorySpellings {
  const reference = parsed(url);
  if (reference.kind === 'layout') return { kind: 'layout', names: [posix.normalize(reference.directory)] };
  if (reference.kind === 'archive') return { kind: 'layout', names: [posix.normalize(reference.file)] };
  const host = canonicalHost(reference.host);
  const repositories = repositorySpellings(host, reference.repository);
  const names = hostSpellings(host).flatMap((spelled) => repositories.map((name) => `${spelled}/${name}`));
  return { kind: 'registry', names };
}

/** True when a policy's glob covers the repository. Registry names have no upper case, so neither has a glob over them. */
export function coversRepository(glob: string, { kind, names }: RepositorySpellings): boolean {
  const pattern = kind === 'registry' ? canonicalGlob(glob.toLowerCase()) : glob;
  return names.some((name) => matchesGlob(pattern, name));
}

function canonicalGlob(glob: string): string {
  const slash = glob.indexOf('/');
  return slash < 0 ? glob : canonicalHost(glob.slice(0, slash)) + glob.slice(slash);
}

function parsed(url: string): ReturnType<typeof parseReference> {
  try {
    return parseReference(url);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : 'expected a reference';
    throw new SealiftError('REFERENCE_INVALID', 'spec.url', detail, { cause });
  }
}

function hostSpellings(host: string): readonly string[] {
  const bare = host.replace(defaultPort, '');
  if (/:\d+$/.test(bare)) return [bare];
  const hosts = dockerHub.includes(bare) ? dockerHub : [bare];
  return hosts.flatMap((name) => [name, `${name}:443`, `${name}:80`]);
}

function repositorySpellings(host: string, repository: string): readonly string[] {
  if (!dockerHub.includes(host.replace(defaultPort, ''))) return [repository];
  if (!repository.includes('/')) return [repository, `${officialPrefix}${repository}`];
  const [, official] = /^library\/([^/]+)$/.exec(repository) ?? [];
  return official === undefined ? [repository] : [repository, official];
}
