import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterProgram } from './cluster-program.ts';
import type { ClusterPrograms } from './cluster-programs.ts';

const announcement = /"msg":"serving client traffic insecurely[^}]*"address":"(127\.0\.0\.1:\d+)"/;

const anyPort = 'http://127.0.0.1:0';

/** The store behind an API server, on one address for as long as its cluster lives. */
export class Etcd {
  /** For clients. */
  readonly url: string;
  readonly #programs: ClusterPrograms;
  #program: ClusterProgram;

  private constructor(programs: ClusterPrograms, program: ClusterProgram, url: string) {
    this.url = url;
    this.#programs = programs;
    this.#program = program;
  }

  /** Starts it on ports of the kernel's choice. Resolves once it answers. */
  static async start(programs: ClusterPrograms): Promise<Etcd> {
    const { program, url } = await run(programs, anyPort);
    return new Etcd(programs, program, url);
  }

  /** Copies what is in it, which may be put back. Nobody may use it meanwhile. */
  async backup(): Promise<void> {
    await this.#replace(this.#folder('etcd'), this.#folder('etcd-backup'));
  }

  /** Puts back what was copied. Nobody may use it meanwhile. */
  async restore(): Promise<void> {
    await this.#replace(this.#folder('etcd-backup'), this.#folder('etcd'));
  }

  async #replace(from: string, to: string): Promise<void> {
    await this.#program.stop();
    await rm(to, { recursive: true, force: true });
    await cp(from, to, { recursive: true });
    this.#program = (await run(this.#programs, this.url)).program;
  }

  #folder(name: string): string {
    return join(this.#programs.folder, name);
  }
}

async function run(
  programs: ClusterPrograms,
  clients: string,
): Promise<{ readonly program: ClusterProgram; readonly url: string }> {
  const program = await programs.start('etcd', [
    `--data-dir=${join(programs.folder, 'etcd')}`,
    // A power cut may take the data with it: they are of a test.
    '--unsafe-no-fsync',
    // It would dial the address it was given, port 0 and all.
    '--enable-grpc-gateway=false',
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${anyPort}`,
    `--initial-advertise-peer-urls=${anyPort}`,
    `--initial-cluster=default=${anyPort}`,
  ]);
  // Only its own log says which port it got.
  let address: string | undefined;
  await program.until(() => {
    address = announcement.exec(program.output)?.[1];
    return address !== undefined;
  }, programs.signal);
  return { program, url: `http://${address}` };
}
