import { homedir } from 'node:os';
import { openDockerCredentials, Transport } from 'oci-client-ts';
import { version } from './version.ts';

/** Connections to registries with the credentials of docker, for commands that a person or a CI job calls. */
export async function openDockerTransport(insecure: boolean): Promise<Transport> {
  return new Transport({
    credentials: await openDockerCredentials({ environment: process.env, home: homedir() }),
    userAgent: `sealift/${version}`,
    ...(insecure ? { plainHttp: true } : {}),
  });
}
