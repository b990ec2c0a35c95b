import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';
import { isBuilt, type PeerName, peerBinary, peerGroups, peers } from './peer.ts';

/**
 * Path of a real program: the variable of its name in capitals (`DOCKER_REGISTRY=/opt/docker-registry`), for a program of a cluster
 * `$KUBEBUILDER_ASSETS`, the cache of `npm run peers`, then `$PATH`. A variable that names no program is an error, not a reason to look
 * further.
 */
export function findPeer(name: PeerName): string | undefined {
  return namedByVariable(name) ?? clusterAsset(name) ?? inCache(name) ?? onPath(name);
}

/** Program of a cluster in `$KUBEBUILDER_ASSETS`. That folder may hold some of them: the rest is looked for elsewhere. */
export function clusterAsset(name: PeerName): string | undefined {
  const folder = env.KUBEBUILDER_ASSETS;
  if (folder === undefined || folder === '') return undefined;
  const path = join(folder, name);
  return peerGroups.cluster.some((peer) => peer.name === name) && isProgram(path) ? path : undefined;
}

function namedByVariable(name: PeerName): string | undefined {
  const variable = name.toUpperCase().replaceAll('-', '_');
  const path = env[variable];
  if (path === undefined || path === '') return undefined;
  if (isProgram(path)) return path;
  throw new Error(`$${variable}: expected the path of a program, got ${path}`);
}

function inCache(name: PeerName): string | undefined {
  const peer = peers.find((candidate) => candidate.name === name);
  return peer !== undefined && isBuilt(peer) ? peerBinary(peer) : undefined;
}

function onPath(name: PeerName): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
