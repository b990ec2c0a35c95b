import { isDockerHub } from './docker-hub.ts';

/** Lower case, port 443 as none, Docker Hub's names as one. */
export function canonicalHost(host: string): string {
  const lower = host.toLowerCase().replace(/:443$/, '');
  return isDockerHub(lower) ? 'docker.io' : lower;
}
