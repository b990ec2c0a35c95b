import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Credential } from '../../credentials.ts';
import { isDockerHub } from '../../docker-hub.ts';
import { OciError } from '../../errors.ts';
import { type RegistryClock, systemClock } from '../clock.ts';
import { CredentialCache } from './credential-cache.ts';
import { runHelper } from './helper-program.ts';

export interface CredentialHelpersOptions {
  /** Directories to look in, as `$PATH` has them; relative ones are left out. */
  readonly searchPath: string;
  /** What the programs see. Default: nothing. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds for one call. Default: 30 s, since some ask a cloud. */
  readonly timeoutMs?: number;
  readonly clock?: RegistryClock;
}

const defaultTimeoutMs = 30_000;
/** The name comes out of a file and becomes a program: no separator, no space, no option. */
const nameGrammar = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Programs `docker-credential-NAME` as sources of credentials; each answer is kept for an hour, each failure for five seconds. */
export class CredentialHelpers {
  readonly #options: CredentialHelpersOptions;
  readonly #cache: CredentialCache;

  constructor(options: CredentialHelpersOptions) {
    this.#options = options;
    this.#cache = new CredentialCache(options.clock ?? systemClock);
  }

  /** The helper's credential for a host, or none when it has none. @throws OciError when it is not there, or fails. */
  get(name: string, host: string, signal: AbortSignal): Promise<readonly Credential[]> {
    return this.#cache.get(cacheKey(name, host), (shared) => this.#ask(name, host, shared), signal);
  }

  forget(name: string, host: string): void {
    this.#cache.forget(cacheKey(name, host));
  }

  async #ask(name: string, host: string, signal: AbortSignal): Promise<readonly Credential[]> {
    const { environment = {}, timeoutMs = defaultTimeoutMs } = this.#options;
    const program = await this.#find(name, host);
    const subject = `credential helper docker-credential-${name} for ${host}`;
    const input = isDockerHub(host) ? 'https://index.docker.io/v1/' : host;
    const output = await runHelper({ program, input, environment, subject, timeoutMs }, signal);
    return output === undefined ? [] : parseReply(output, subject);
  }

  async #find(name: string, host: string): Promise<string> {
    if (!nameGrammar.test(name)) {
      throw new OciError('invalid', host, 'expected a credential helper with a name of letters and digits');
    }
    const folders = this.#options.searchPath.split(delimiter).filter(isAbsolute);
    for (const folder of folders) {
      const program = join(folder, `docker-credential-${name}`);
      const found = await access(program, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return program;
    }
    throw new OciError(
      'unsupported',
      host,
      `expected the program docker-credential-${name} in ${folders.length} folders of the search path, got none`,
    );
  }
}

function cacheKey(name: string, host: string): string {
  return `${name} ${host}`;
}

/** The reply holds a secret: nothing of it gets into an error. */
function parseReply(output: string, subject: string): readonly Credential[] {
  const { Username: username, Secret: secret } = parseObject(output);
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw new OciError('protocol', subject, 'expected Username and Secret in JSON');
  }
  if (username === '' && secret === '') return [];
  if (username === '<token>') return [{ kind: 'identity', token: secret }];
  return [{ kind: 'basic', username, password: secret }];
}

function parseObject(output: string): Readonly<Record<string, unknown>> {
  try {
    const reply: unknown = JSON.parse(output);
    return typeof reply === 'object' && reply !== null ? (reply as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
