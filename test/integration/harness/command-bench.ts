import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env, execPath } from 'node:process';
import { openLayout, type RegistryServer, serveRegistry } from 'oci-client-ts';
import { type Outcome, runProgram } from '../../interop/harness/program.ts';
import { program } from '../../setup/program.ts';

/** A folder, a registry in it, and the commands run as processes of their own. */
export class CommandBench {
  readonly folder: string;
  readonly #registry: RegistryServer;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(folder: string, registry: RegistryServer) {
    this.folder = folder;
    this.#registry = registry;
    this.#env = {
      PATH: env['PATH'] ?? '',
      HOME: folder,
      COSIGN_PASSWORD: 'bench',
      NO_COLOR: '1',
      // Port 9 answers nobody: whoever dials out fails at once instead of reaching the internet.
      HTTP_PROXY: 'http://127.0.0.1:9',
      HTTPS_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1,localhost',
    };
  }

  static async start(): Promise<CommandBench> {
    const folder = await mkdtemp(join(tmpdir(), 'sealift-command-'));
    const layout = await openLayout(join(folder, 'registry'));
    return new CommandBench(folder, await serveRegistry({ layout, host: '127.0.0.1', port: 0 }));
  }

  /** `HOST:PORT` of the registry. */
  get host(): string {
    return `127.0.0.1:${this.#registry.port}`;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    const path = this.path(name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  /** Runs a command; any exit code is an answer. */
  run(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    return runProgram(execPath, [program, ...args], { env: { ...this.#env, ...more }, cwd: this.folder });
  }

  /** Runs a command that has to succeed. */
  async succeed(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    if (code !== 0)
      throw new Error(`sealift ${args.join(' ')}: expected exit code 0, got ${code}\n${stderr}`);
    return stdout;
  }

  /** Pushes a small tree, unsigned; answers with the reference by digest. */
  async publish(repository: string, tag = 'v1'): Promise<string> {
    await this.write(`trees/${repository}/${tag}/app.yaml`, `# ${repository} ${tag}\n`);
    const reference = `oci://${this.host}/${repository}:${tag}`;
    const tree = this.path(`trees/${repository}/${tag}`);
    const out = await this.succeed('push', reference, '-f', tree, '--source', 'x', '--revision', tag);
    return /oci:\S+@sha256:[0-9a-f]{64}/.exec(out)?.[0] ?? '';
  }

  /** Packs a folder of the bench into a tar beside it. */
  async tar(folder: string, name: string): Promise<void> {
    const args = ['-cf', this.path(name), '-C', this.path(folder), '.'];
    const { code, stderr } = await runProgram('tar', args, { env: { PATH: env['PATH'] ?? '' } });
    if (code !== 0) throw new Error(stderr);
  }

  async close(): Promise<void> {
    await this.#registry.close();
    await rm(this.folder, { recursive: true });
  }
}
