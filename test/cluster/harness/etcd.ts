import { join } from 'node:path';
import type { ClusterPrograms } from './cluster-programs.ts';

const announcement = /"msg":"serving client traffic insecurely[^}]*"address":"(127\.0\.0\.1:\d+)"/;

/** Starts it on ports of the kernel's choice. Resolves with the address for clients, once it answers them. */
export async function startEtcd(programs: ClusterPrograms): Promise<string> {
  const anyPort = 'http://127.0.0.1:0';
  const etcd = await programs.start('etcd', [
    `--data-dir=${join(programs.folder, 'etcd')}`,
    // A power cut may take the data with it: they are of a test.
    '--unsafe-no-fsync',
    // It would dial the address it was given, port 0 and all.
    '--enable-grpc-gateway=false',
    `--listen-client-urls=${anyPort}`,
    `--advertise-client-urls=${anyPort}`,
    `--listen-peer-urls=${anyPort}`,
    `--initial-advertise-peer-urls=${anyPort}`,
    `--initial-cluster=default=${anyPort}`,
  ]);
  // Only its own log says which port it got.
  let address: string | undefined;
  await etcd.until(() => {
    address = announcement.exec(etcd.output)?.[1];
    return address !== undefined;
  }, programs.signal);
  return `http://${address}`;
}
