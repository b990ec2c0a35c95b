import { join } from 'node:path';
import { env } from 'node:process';
import { type Outcome, runProgram, runToSuccess } from '../../interop/harness/program.ts';
import { findPeer } from '../../peers/find.ts';
import { type ApiAnswer, type ApiQuestion, askApi } from './api-request.ts';
import { type Credentials, writeKubeconfig } from './kubeconfig.ts';

/** Somebody who may ask the API server, under the name that its audit log tells. */
export class ClusterUser {
  readonly name: string;
  /** Path of the kubeconfig for programs that act as this user. */
  readonly kubeconfig: string;
  readonly #credentials: Credentials;
  readonly #folder: string;

  constructor(name: string, credentials: Credentials, folder: string) {
    this.name = name;
    this.kubeconfig = join(folder, `${name.replaceAll(':', '.')}.kubeconfig`);
    this.#credentials = credentials;
    this.#folder = folder;
  }

  writeKubeconfig(): void {
    writeKubeconfig(this.kubeconfig, this.name, this.#credentials);
  }

  /** Asks without a program in between. Any status is an answer. */
  ask(path: string, question?: ApiQuestion): Promise<ApiAnswer> {
    return askApi(this.#credentials, path, question);
  }

  /** Runs kubectl, which has to succeed; resolves with what it prints. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return (await runToSuccess(kubectlPath(), args, this.#options())).stdout;
  }

  /** Runs kubectl, which may fail. */
  tryKubectl(...args: readonly string[]): Promise<Outcome> {
    return runProgram(kubectlPath(), args, this.#options());
  }

  #options(): { readonly env: Readonly<Record<string, string>>; readonly cwd: string } {
    return {
      env: { PATH: env.PATH ?? '', HOME: this.#folder, KUBECONFIG: this.kubeconfig },
      cwd: this.#folder,
    };
  }
}

function kubectlPath(): string {
  const path = findPeer('kubectl');
  if (path === undefined) throw new Error('kubectl: expected the program, got none');
  return path;
}
