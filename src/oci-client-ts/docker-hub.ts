/** Names under which Docker Hub is known; all of them mean one registry, and one set of credentials. */
const aliases: ReadonlySet<string> = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
]);

/** The name that answers the distribution API. */
const endpoint = 'registry-1.docker.io';

/** All names of Docker Hub. */
export const hubNames: readonly string[] = [...aliases];

export function isDockerHub(host: string): boolean {
  return aliases.has(host);
}

/** The host to connect to. */
export function connectHost(host: string): string {
  return isDockerHub(host) ? endpoint : host;
}

/** Docker Hub keeps its official repositories under `library/`; everywhere else a name is what it says. */
export function fullRepository(host: string, repository: string): string {
  return isDockerHub(host) && !repository.includes('/') ? `library/${repository}` : repository;
}
