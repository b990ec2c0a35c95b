import type { PeerName } from '../../peers/peer.ts';
import { ClusterProgram } from './cluster-program.ts';

/** What a cluster is made of. */
export const clusterPrograms: readonly PeerName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kubectl',
  'kwok',
];

/** The programs of one cluster, which end together. */
export class ClusterPrograms {
  readonly folder: string;
  /** Aborts whoever waits for one of them, as soon as they are told to stop. */
  readonly signal: AbortSignal;
  readonly #stopping = new AbortController();
  readonly #started: ClusterProgram[] = [];

  constructor(folder: string, signal?: AbortSignal) {
    this.folder = folder;
    const stopping = this.#stopping.signal;
    this.signal = signal === undefined ? stopping : AbortSignal.any([signal, stopping]);
  }

  /** Starts a program that is ended with the others, also when it never gets ready. */
  async start(name: PeerName, args: readonly string[], environment = {}): Promise<ClusterProgram> {
    this.signal.throwIfAborted();
    const program = await ClusterProgram.start(name, args, this.folder, environment);
    this.#started.push(program);
    if (this.#stopping.signal.aborted) await program.stop();
    this.signal.throwIfAborted();
    return program;
  }

  /** Process ids of those that run. */
  pids(): readonly number[] {
    return this.#started.filter((program) => program.running).map((program) => program.pid);
  }

  /** At once: what they would save on an orderly way out is thrown away anyhow. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the cluster is stopped'));
    await Promise.all(this.#started.map((program) => program.stop()));
  }
}
