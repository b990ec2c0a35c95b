import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { askApi } from './api-request.ts';
import type { Certificates } from './certificates.ts';
import type { ClusterProgram } from './cluster-program.ts';
import type { ClusterPrograms } from './cluster-programs.ts';
import { startOnFreePort } from './free-port.ts';
import type { Credentials } from './kubeconfig.ts';
import { type TrustedCluster, trustIn } from './trusted-cluster.ts';
import { type Tokens, tokenFile } from './users.ts';

/** Who asked what and how it ended; neither the beginning of a request nor its content. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

export interface ApiServerOptions {
  /** Address of etcd. */
  readonly store: string;
  readonly certificates: Certificates;
  readonly tokens: Tokens;
  /** Another cluster, whose service accounts are let in. */
  readonly trusted?: TrustedCluster | undefined;
}

/** The API server, on one port for as long as its cluster lives. */
export class ApiServer {
  readonly url: string;
  readonly #programs: ClusterPrograms;
  readonly #options: ApiServerOptions;
  readonly #port: number;
  #program: ClusterProgram | undefined;

  private constructor(programs: ClusterPrograms, options: ApiServerOptions, port: number) {
    this.url = `https://127.0.0.1:${port}`;
    this.#programs = programs;
    this.#options = options;
    this.#port = port;
  }

  /** Resolves when it is ready. */
  static start(programs: ClusterPrograms, options: ApiServerOptions): Promise<ApiServer> {
    writeFileSync(join(programs.folder, 'tokens.csv'), tokenFile(options.tokens), { mode: 0o600 });
    writeFileSync(join(programs.folder, 'audit-policy.json'), JSON.stringify(auditPolicy));
    const { trusted } = options;
    if (trusted !== undefined)
      writeFileSync(join(programs.folder, 'authentication.json'), JSON.stringify(trustIn(trusted)));
    return startOnFreePort(async (port) => {
      const server = new ApiServer(programs, options, port);
      await server.#run();
      return server;
    });
  }

  /** Ends it and starts it again on the same data and port; `meanwhile` is done in between. */
  async restart(signal?: 'SIGKILL' | 'SIGTERM', meanwhile?: () => Promise<void>): Promise<void> {
    await this.#program?.stop(signal);
    await meanwhile?.();
    await this.#run();
  }

  async #run(): Promise<void> {
    this.#program = await this.#programs.start('kube-apiserver', this.#arguments());
    const { certificates, tokens } = this.#options;
    const admin = { server: this.url, authority: certificates.authority, token: tokens.admin };
    await this.#program.until(() => isReady(admin), this.#programs.signal);
  }

  #arguments(): readonly string[] {
    const { certificates, store, trusted } = this.#options;
    const file = (name: string): string => join(this.#programs.folder, name);
    return [
      `--etcd-servers=${store}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${this.#port}`,
      '--endpoint-reconciler-type=none',
      '--service-cluster-ip-range=10.0.0.0/16',
      `--tls-cert-file=${certificates.serverFile}`,
      `--tls-private-key-file=${certificates.serverKeyFile}`,
      `--client-ca-file=${certificates.authorityFile}`,
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      // Under this address others find the keys that its tokens are signed with.
      `--service-account-issuer=${this.url}`,
      ...(trusted === undefined ? [] : [`--authentication-config=${file('authentication.json')}`]),
      `--service-account-key-file=${certificates.accountKeyFile}`,
      `--service-account-signing-key-file=${certificates.accountKeyFile}`,
      `--audit-policy-file=${file('audit-policy.json')}`,
      `--audit-log-path=${file('audit.log')}`,
    ];
  }
}

async function isReady(admin: Credentials): Promise<boolean> {
  try {
    return (await askApi(admin, '/readyz')).status === 200;
  } catch {
    // Not listening yet, or not this cluster's: its authority is checked.
    return false;
  }
}
