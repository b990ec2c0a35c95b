import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiServer } from './api-server.ts';
import { makeCertificates } from './certificates.ts';
import { Cluster, type ClusterAddress } from './cluster.ts';
import { ClusterPrograms } from './cluster-programs.ts';
import { startControllerManager } from './controller-manager.ts';
import { Etcd } from './etcd.ts';
import { startKwok } from './kwok.ts';
import type { TrustedCluster } from './trusted-cluster.ts';
import { makeTokens, type UserName, userGroups } from './users.ts';

export interface ClusterOptions {
  /** With a node on which Pods seem to run. */
  readonly kwok?: boolean;
  /** Lets in service accounts of another cluster, which has to let everybody ask for its keys. */
  readonly trusted?: TrustedCluster;
  /** Gives up the start; whoever has the cluster stops it. */
  readonly signal?: AbortSignal;
}

/** A cluster and those who may stop and hurt it. */
export interface RunningCluster {
  readonly cluster: Cluster;
  readonly address: ClusterAddress;
  /** Process ids of its programs that run now. */
  pids(): readonly number[];
  /** On the same data and port; resolves when it is ready again. SIGKILL, the default, is a crash. */
  restartApiServer(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Goes back to what was there before `act`, as a restore from a backup does: the API server is started again before and after it. */
  undo(act: () => Promise<void>): Promise<void>;
  /** Ends every program and removes every file of it. */
  stop(): Promise<void>;
}

/** A Kubernetes API on loopback: etcd, API server and controllers, everything of them in one temporary folder. */
export async function startCluster(options: ClusterOptions = {}): Promise<RunningCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'sealift-cluster-'));
  const programs = new ClusterPrograms(folder, options.signal);
  const stop = async (): Promise<void> => {
    await programs.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await startPrograms(programs, options)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startPrograms(
  programs: ClusterPrograms,
  options: ClusterOptions,
): Promise<Omit<RunningCluster, 'stop'>> {
  const { folder } = programs;
  const tokens = makeTokens();
  const [certificates, store] = await Promise.all([makeCertificates(folder), Etcd.start(programs)]);
  const server = await ApiServer.start(programs, {
    store: store.url,
    certificates,
    tokens,
    trusted: options.trusted,
  });
  const address = { server: server.url, authority: certificates.authority, tokens, folder };
  const cluster = new Cluster(address);
  for (const name of Object.keys(userGroups)) cluster.user(name as UserName).writeKubeconfig();
  await Promise.all([
    startControllerManager(programs, certificates, cluster.user('kube-controller-manager')),
    options.kwok === true ? startKwok(programs, cluster.user('kwok')) : undefined,
  ]);
  return {
    cluster,
    address,
    pids: () => programs.pids(),
    restartApiServer: (signal) => server.restart(signal),
    undo: async (act) => {
      await server.restart('SIGKILL', () => store.backup());
      await act();
      await server.restart('SIGKILL', () => store.restore());
    },
  };
}
