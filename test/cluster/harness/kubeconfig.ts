import { writeFileSync } from 'node:fs';

export interface Credentials {
  /** Address of the API server, as `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** Certificate of its authority, in PEM. */
  readonly authority: string;
  readonly token: string;
}

/** JSON, which is YAML; readable by its owner only. */
export function writeKubeconfig(path: string, user: string, credentials: Credentials): void {
  const { server, authority, token } = credentials;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'sealift-test',
        cluster: {
          server,
          'certificate-authority-data': Buffer.from(authority).toString('base64'),
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'sealift-test', context: { cluster: 'sealift-test', user } }],
    'current-context': 'sealift-test',
  };
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
}
