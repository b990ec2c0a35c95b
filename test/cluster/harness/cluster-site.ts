import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execPath } from 'node:process';
import { stringify } from 'yaml';
import { CommandBench } from '../../integration/harness/command-bench.ts';
import { program } from '../../setup/program.ts';

/** Files of an artifact, each with its objects. */
export type Objects = Readonly<Record<string, readonly object[]>>;

/** A registry, a key, and a site that delivers what was signed with it into a cluster, as a process of its own. */
export class ClusterSite {
  readonly bench: CommandBench;
  readonly #kubeconfig: string;
  #agent: ChildProcess | undefined;
  /** What the agent has printed since it was started. */
  output = '';

  private constructor(bench: CommandBench, kubeconfig: string) {
    this.bench = bench;
    this.#kubeconfig = kubeconfig;
  }

  static async open(kubeconfig: string): Promise<ClusterSite> {
    const bench = await CommandBench.start();
    await bench.succeed('keygen', '--output-key-prefix', bench.path('signer'));
    const site = new ClusterSite(bench, kubeconfig);
    await site.configure();
    return site;
  }

  /** Publishes the next revision, signed. */
  async publish(objects: Objects): Promise<void> {
    const folder = `trees/${Object.keys(objects).length}-${performance.now()}`;
    for (const [name, held] of Object.entries(objects)) {
      await this.bench.write(`${folder}/${name}.yaml`, held.map((object) => stringify(object)).join('---\n'));
    }
    const reference = `oci://${this.bench.host}/app:v1`;
    const key = ['--sign-key', this.bench.path('signer.key')];
    await this.bench.succeed(
      'push',
      reference,
      '-f',
      this.bench.path(folder),
      '--source',
      'x',
      '--revision',
      'v1',
      ...key,
    );
  }

  /** Every second it is asked whether there is something new, and whether all is as it should be. */
  async configure(spec: object = {}, annotations: Readonly<Record<string, string>> = {}): Promise<void> {
    const metadata = { name: 'app', namespace: 'flux-system' };
    const secret = { name: 'signer', namespace: 'flux-system' };
    const source = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata,
      spec: {
        url: `oci://${this.bench.host}/app`,
        interval: '1s',
        insecure: true,
        ref: { tag: 'v1' },
        verify: { provider: 'cosign', secretRef: { name: secret.name } },
      },
    };
    const delivery = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { ...metadata, annotations },
      spec: {
        interval: '1s',
        path: './',
        prune: true,
        sourceRef: { kind: source.kind, name: metadata.name },
        ...spec,
      },
    };
    const key = (await readFile(this.bench.path('signer.pub'))).toString('base64');
    const keys = { apiVersion: 'v1', kind: 'Secret', metadata: secret, data: { 'cosign.pub': key } };
    const text = [source, delivery, keys].map((object) => stringify(object)).join('---\n');
    await this.bench.write('site/site.yaml', text);
  }

  /** Starts the agent. */
  start(): void {
    this.output = '';
    const target = `kubeconfig:${this.#kubeconfig}`;
    const places = [
      '--config',
      this.bench.path('site'),
      '--state-dir',
      this.bench.path('state'),
      '--target',
      target,
    ];
    const agent = spawn(execPath, [program, 'run', ...places, '--log-format', 'json'], {
      cwd: this.bench.folder,
      env: { PATH: dirname(execPath), HOME: this.bench.folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [agent.stdout, agent.stderr]) stream.on('data', (text) => (this.output += text));
    this.#agent = agent;
  }

  /** SIGKILL is a crash, SIGTERM an orderly end. Gives back how it ended. */
  async stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const agent = this.#agent;
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) return null;
    const exited = once(agent, 'exit');
    agent.kill(signal);
    const [code] = await exited;
    return code;
  }

  async close(): Promise<void> {
    await this.stop('SIGKILL');
    await this.bench.close();
  }
}
