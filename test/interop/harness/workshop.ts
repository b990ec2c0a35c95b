import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env, execPath } from 'node:process';
import { findPeer } from '../../peers/find.ts';
import type { PeerName } from '../../peers/peer.ts';
import { program } from '../../setup/program.ts';
import { type Outcome, runProgram, runToSuccess } from './program.ts';

/** Password of every key the tests make. */
const keyPassword = 'interop';

/**
 * A temporary folder with a home of its own, and the programs run in it. Nothing of the user's (credentials,
 * keys, trust roots) is seen, and nothing but loopback can be reached.
 */
export class Workshop {
  readonly folder: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'sealift-interop-'));
    this.#env = privateEnvironment(join(this.folder, 'home'));
  }

  /** A path in the folder; the folders above it exist. */
  path(...parts: readonly string[]): string {
    const path = join(this.folder, ...parts);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  /** Environment for a program that outlives one call. */
  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  /** Runs a real program that has to succeed. */
  run(name: PeerName, ...args: readonly string[]): Promise<Outcome> {
    return runToSuccess(peerProgram(name), args, { env: this.#env, cwd: this.folder });
  }

  /** Runs a real program in another folder of the workshop. */
  runIn(folder: string, name: PeerName, ...args: readonly string[]): Promise<Outcome> {
    return runToSuccess(peerProgram(name), args, { env: this.#env, cwd: folder });
  }

  /** Runs a real program that may fail. */
  attempt(name: PeerName, ...args: readonly string[]): Promise<Outcome> {
    return runProgram(peerProgram(name), args, { env: this.#env, cwd: this.folder });
  }

  /** Runs a program of the system, such as tar, that has to succeed. */
  runTool(program: string, ...args: readonly string[]): Promise<Outcome> {
    return runToSuccess(program, args, { env: this.#env, cwd: this.folder });
  }

  /** Runs Sealift as its user does; any exit code is an answer. */
  sealift(...args: readonly string[]): Promise<Outcome> {
    return runProgram(execPath, [program, ...args], {
      env: this.#env,
      cwd: this.folder,
    });
  }

  /** Runs a Sealift command that has to succeed. */
  sealiftToSuccess(...args: readonly string[]): Promise<Outcome> {
    return runToSuccess(execPath, [program, ...args], {
      env: this.#env,
      cwd: this.folder,
    });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function peerProgram(name: PeerName): string {
  const path = findPeer(name);
  if (path === undefined) throw new Error(`${name}: expected a built program, got none`);
  return path;
}

function privateEnvironment(home: string): Readonly<Record<string, string>> {
  mkdirSync(join(home, 'docker'), { recursive: true });
  const kustomize = findPeer('kustomize');
  const path = kustomize === undefined ? (env.PATH ?? '') : `${dirname(kustomize)}:${env.PATH ?? ''}`;
  return {
    PATH: path,
    HOME: home,
    DOCKER_CONFIG: join(home, 'docker'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    TUF_ROOT: join(home, 'tuf'),
    COSIGN_PASSWORD: keyPassword,
    // cosign stores a legacy signature as a referrer only where this is set.
    COSIGN_EXPERIMENTAL: '1',
    NO_COLOR: '1',
    OTEL_TRACES_EXPORTER: 'none',
    // Port 9 answers nobody: whoever dials out fails at once instead of reaching the internet.
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1,localhost',
  };
}
