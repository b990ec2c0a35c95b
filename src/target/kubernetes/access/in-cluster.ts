import { SealiftError } from '../../../core/index.ts';
import type { ClusterAccess } from './cluster-access.ts';

/** Where the kubelet puts what a Pod of this account may use. */
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Access to the cluster that this process runs in: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 * @throws SealiftError CONFIG_INVALID outside of a Pod.
 */
export function inClusterAccess(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string = accountFolder,
): ClusterAccess {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'];
  const url = host && port ? URL.parse(`https://${host.includes(':') ? `[${host}]` : host}:${port}`) : null;
  if (url === null) {
    const detail = 'expected KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, as a Pod has them';
    throw new SealiftError('CONFIG_INVALID', 'environment', detail);
  }
  return {
    // As kubeconfigs have it: two forms of one address would be two clusters.
    server: url.origin,
    authority: { kind: 'file', path: `${folder}/ca.crt` },
    insecureSkipVerify: false,
    login: { token: { kind: 'file', path: `${folder}/token` } },
  };
}
