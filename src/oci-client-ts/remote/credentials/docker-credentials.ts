import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CredentialProvider } from '../../credentials.ts';
import { parseDockerConfig } from '../../docker-config.ts';
import { CredentialHelpers } from './credential-helpers.ts';
import { dockerConfigProvider } from './docker-config-provider.ts';

export interface DockerEnvironment {
  /** Of the process: DOCKER_AUTH_CONFIG, DOCKER_CONFIG, XDG_RUNTIME_DIR, PATH; helper programs see all of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The user's home directory. */
  readonly home: string;
}

/**
 * What `docker login` and `podman login` have left, in this order: the text of DOCKER_AUTH_CONFIG, `config.json` in DOCKER_CONFIG or
 * `~/.docker`, `containers/auth.json` in XDG_RUNTIME_DIR. A file that is not there holds nothing.
 * @throws OciError `invalid`, and what reading a file throws.
 */
export async function openDockerCredentials(settings: DockerEnvironment): Promise<CredentialProvider[]> {
  const { environment } = settings;
  const helpers = new CredentialHelpers({ searchPath: environment.PATH ?? '', environment });
  const texts: { readonly subject: string; readonly text: string }[] = [];
  const given = environment.DOCKER_AUTH_CONFIG;
  if (given !== undefined && given !== '') texts.push({ subject: 'DOCKER_AUTH_CONFIG', text: given });
  for (const path of configPaths(settings)) {
    const text = await readIfThere(path);
    if (text !== undefined) texts.push({ subject: path, text });
  }
  return texts.map(({ subject, text }) => dockerConfigProvider(parseDockerConfig(text, subject), helpers));
}

function configPaths({ environment, home }: DockerEnvironment): readonly string[] {
  const docker = environment.DOCKER_CONFIG || join(home, '.docker');
  const runtime = environment.XDG_RUNTIME_DIR;
  return [join(docker, 'config.json'), ...(runtime ? [join(runtime, 'containers/auth.json')] : [])];
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
