import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, hasOpenssl } from '../../fixtures/certificates.ts';

/** Paths of what the programs of a cluster are started with, and the authority's certificate itself. */
export interface Certificates {
  readonly authority: string;
  readonly authorityFile: string;
  readonly serverFile: string;
  readonly serverKeyFile: string;
  /** Signs and checks the tokens of service accounts. */
  readonly accountKeyFile: string;
}

/** Who `client.pem` and `client.key` in the folder of a cluster are for; may do nothing until somebody allows it. */
export const certifiedUser = 'certified';

/** Every cluster has its own authority: the server of another one, on whatever port, is not taken for it. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  if (!hasOpenssl) throw new Error('openssl: expected the program on $PATH, got none');
  const authority = await createAuthority(folder, 'authority');
  const [server, client] = [await authority.issue('127.0.0.1'), await authority.issue(certifiedUser)];
  const files = {
    authorityFile: join(folder, 'authority.pem'),
    serverFile: join(folder, 'server.pem'),
    serverKeyFile: join(folder, 'server.key'),
    accountKeyFile: join(folder, 'accounts.key'),
  };
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(files.authorityFile, authority.cert);
  writeFileSync(files.serverFile, server.cert);
  writeFileSync(join(folder, 'client.pem'), client.cert);
  writeFileSync(join(folder, 'client.key'), client.key, { mode: 0o600 });
  writeFileSync(files.serverKeyFile, server.key, { mode: 0o600 });
  writeFileSync(files.accountKeyFile, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  return { authority: authority.cert, ...files };
}
