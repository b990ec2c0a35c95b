import type { Certificates } from './certificates.ts';
import type { ClusterPrograms } from './cluster-programs.ts';
import type { ClusterUser } from './cluster-user.ts';

/** Starts what makes namespaces end, service accounts appear and Deployments have Pods. Resolves when it does. */
export async function startControllerManager(
  programs: ClusterPrograms,
  certificates: Certificates,
  user: ClusterUser,
): Promise<void> {
  const program = await programs.start('kube-controller-manager', [
    `--kubeconfig=${user.kubeconfig}`,
    '--leader-elect=false',
    // It serves nobody here, so it needs no port.
    '--secure-port=0',
    `--service-account-private-key-file=${certificates.accountKeyFile}`,
    `--root-ca-file=${certificates.authorityFile}`,
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    '--controllers=*,-cloud-node-lifecycle-controller',
  ]);
  const account = '/api/v1/namespaces/default/serviceaccounts/default';
  await program.until(async () => (await user.ask(account)).status === 200, programs.signal);
}
