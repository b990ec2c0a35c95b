import type { ClusterAddress } from './cluster.ts';

/** A cluster whose service accounts are users of another one. */
export interface TrustedCluster {
  readonly address: Pick<ClusterAddress, 'server' | 'authority'>;
  /** Whom its tokens have to be for. */
  readonly audience: string;
}

/** Before the names of its users, as in `near:system:serviceaccount:NAMESPACE:NAME`. */
export const trustedPrefix = 'near:';

/** What `--authentication-config` reads: https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/#apiserver-config-k8s-io-v1-AuthenticationConfiguration */
export function trustIn({ address: { server, authority }, audience }: TrustedCluster): object {
  const issuer = { url: server, certificateAuthority: authority, audiences: [audience] };
  return {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    jwt: [{ issuer, claimMappings: { username: { claim: 'sub', prefix: trustedPrefix } } }],
  };
}
