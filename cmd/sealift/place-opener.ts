import type { GivenAccess, OpenPlace, PlaceOpener, PlaceRequest } from '../../src/agent/index.ts';
import { type Owner, SealiftError } from '../../src/core/index.ts';
import { podsInQuestion } from '../../src/health/index.ts';
import {
  type ClusterAccess,
  configMapAccess,
  createKubernetesClient,
  createKubernetesTarget,
  type KubeconfigLeave,
  type KubernetesClient,
  secretKubeconfigAccess,
  type TokenIssuer,
} from '../../src/target/index.ts';
import type { ClusterPorts } from './cluster-ports.ts';
import { systemRandom } from './system-clock.ts';
import { version } from './version.ts';

interface Ports extends ClusterPorts {
  /** Of the site. */
  readonly client: KubernetesClient & TokenIssuer;
  /** Its address, with its path. */
  readonly server: string;
  readonly leave: KubeconfigLeave;
}

/** Other clusters, each over connections of its own, and other accounts of the site's. */
export function createPlaceOpener({ client, server, leave, ...ports }: Ports): PlaceOpener {
  const accessBy = (given: GivenAccess): ClusterAccess =>
    given.kind === 'kubeconfig'
      ? secretKubeconfigAccess(given.subject, given.text, leave)
      : configMapAccess(given, { issuer: client, defaultAccount: leave.account });
  return {
    server,
    uidOf: uidBy(client),
    serverOf: (given) => accessBy(given).server,
    open({ access: given, account }) {
      if (given === undefined)
        return openAs(client, account, { ...ports, place: server, close: async () => undefined });
      const access = accessBy(given);
      if (account !== undefined && access.impersonate !== undefined) {
        const detail = `expected no "as" beside spec.serviceAccountName, got one in the kubeconfig`;
        throw new SealiftError('CONFIG_INVALID', given.subject, detail);
      }
      const { clock, environment } = ports;
      const userAgent = `sealift/${version}`;
      const remote = createKubernetesClient(access, { userAgent, clock, random: systemRandom, environment });
      // Who writes the Secret or ConfigMap says which address it is: what is remembered of one must not be believed of another.
      const place = `${access.server} by ${given.subject}`;
      return openAs(remote, account, { ...ports, place, close: () => remote.close() });
    },
  };
}

interface Opened extends ClusterPorts {
  /** Under which what is written there is remembered. */
  readonly place: string;
  close(): Promise<void>;
}

function openAs(
  client: KubernetesClient,
  account: PlaceRequest['account'],
  { place, close, traces, clock }: Opened,
): OpenPlace {
  const user = account && `system:serviceaccount:${account.namespace}:${account.name}`;
  const own = user === undefined ? client : client.as({ user });
  const target = createKubernetesTarget({
    client: own,
    traces: traces(user === undefined ? place : `${place} as ${user}`),
    clock,
    random: systemRandom,
    podsOf: podsInQuestion,
  });
  return {
    target,
    isAccountGone: async (signal) => account !== undefined && (await isGone(client, account, signal)),
    uidOf: uidBy(own),
    close,
  };
}

function uidBy(client: KubernetesClient): OpenPlace['uidOf'] {
  return async (ref, signal) => (await client.get(ref, signal))?.metadata.uid;
}

/** Asked by whoever the connection is of; who may not know that takes it to be there. */
async function isGone(client: KubernetesClient, account: Owner, signal: AbortSignal): Promise<boolean> {
  const ref = { group: '', version: 'v1', kind: 'ServiceAccount', ...account };
  try {
    return (await client.get(ref, signal)) === undefined;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
