import { homedir } from 'node:os';
import { openDockerCredentials, proxyFromEnvironment, Transport } from 'oci-client-ts';
import { version } from './version.ts';

/** Connections to registries with the credentials of docker, and by the proxy of the environment, for commands that a person or a CI job calls. */
export async function openDockerTransport(
  insecure: boolean,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Transport> {
  return new Transport({
    credentials: await openDockerCredentials({ environment, home: homedir() }),
    proxy: proxyFromEnvironment(environment),
    userAgent: `sealift/${version}`,
    ...(insecure ? { plainHttp: true } : {}),
  });
}
