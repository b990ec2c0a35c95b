import { X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { SealiftError } from '../../../core/index.ts';
import type { TokenDemand, TokenIssuer, TokenSource } from './account-token.ts';
import type { ClusterAccess } from './cluster-access.ts';

/** The values of a ConfigMap that says how to reach a cluster without a secret. */
export interface ClusterConfigMap {
  /** `ConfigMap/NAMESPACE/NAME`. */
  readonly subject: string;
  /** Of the account that it names. */
  readonly namespace: string;
  readonly data: Readonly<Record<string, string>>;
}

interface Options {
  /** At the cluster whose accounts are known to the other one. */
  readonly issuer: TokenIssuer;
  /** Where the ConfigMap names no account. Absent: it has to. */
  readonly defaultAccount?: string | undefined;
}

/** The API server takes no larger ConfigMap. */
const maxLength = 1024 * 1024;

/** Absent and empty are one. */
const text = z
  .string()
  .optional()
  .transform((value) => value || undefined);

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const accountName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** https://fluxcd.io/flux/components/kustomize/kustomizations/#secret-less-authentication */
const keys = z.strictObject({
  provider: z.literal('generic', { error: ({ input }) => `expected generic, got ${input || 'none'}` }),
  /** Of clouds; means nothing here. */
  cluster: text,
  address: z.string('expected the address of the API server').transform((address, context) => {
    const server = serverOf(address);
    if (server !== undefined) return { server, audience: address };
    context.addIssue({ code: 'custom', message: 'expected [https://]HOST[:PORT]' });
    return z.NEVER;
  }),
  'ca.crt': text.refine((pem) => pem === undefined || areCertificates(pem), 'expected certificates in PEM'),
  audiences: text.transform((lines) =>
    (lines ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ),
  serviceAccountName: text.refine(
    (name) => name === undefined || (name.length <= 253 && accountName.test(name)),
    'expected the name of a service account',
  ),
});

/** Providers of Flux whose clouds trade the token for one of their own. */
const clouds = ['aws', 'azure', 'gcp'];

/**
 * Access by a token of a service account beside the ConfigMap, which the other cluster trusts. Whoever writes the ConfigMap says to whom the token is
 * shown and for whom it is: never that of the agent itself.
 * @throws SealiftError CONFIG_INVALID with every fault, or CONFIG_UNSUPPORTED.
 */
export function configMapAccess(given: ClusterConfigMap, { issuer, defaultAccount }: Options): ClusterAccess {
  const { subject, namespace } = given;
  const { address, 'ca.crt': authority, audiences, serviceAccountName } = readKeys(given);
  const name = serviceAccountName ?? defaultAccount;
  if (name === undefined) {
    const detail = 'serviceAccountName: expected the account whose token is shown';
    throw new SealiftError('CONFIG_INVALID', subject, `${detail}, got none; that of the agent is not`);
  }
  const demand = {
    account: { namespace, name },
    audiences: audiences.length === 0 ? [address.audience] : audiences,
  };
  return {
    server: address.server,
    insecureSkipVerify: false,
    ...(authority === undefined ? {} : { authority: { kind: 'inline', text: authority } }),
    login: { issued: tokenSource(issuer, demand) },
  };
}

/** Characters of audiences that a message names: a ConfigMap has room for a million. */
const maxNamed = 400;

function tokenSource(issuer: TokenIssuer, demand: TokenDemand): TokenSource {
  const { account, audiences } = demand;
  const all = audiences.join(', ');
  const named = all.length > maxNamed ? `${all.slice(0, maxNamed)}...` : all;
  return {
    what: `a token of ServiceAccount/${account.namespace}/${account.name} for ${named}`,
    issue: (signal) => issuer.issueToken(demand, signal),
  };
}

function readKeys({ subject, data }: ClusterConfigMap): z.output<typeof keys> {
  const length = Object.values(data).reduce((sum, value) => sum + value.length, 0);
  if (length > maxLength) {
    const detail = `expected values of at most ${maxLength} characters, got ${length}`;
    throw new SealiftError('CONFIG_INVALID', subject, detail);
  }
  const { provider = '' } = data;
  if (clouds.includes(provider)) {
    const detail = `provider: ${provider} needs the token exchange of its cloud; expected generic`;
    const next = 'or a kubeconfig in the Secret of spec.kubeConfig.secretRef';
    throw new SealiftError('CONFIG_UNSUPPORTED', subject, `${detail}, ${next}`);
  }
  const found = keys.safeParse(data);
  if (found.success) return found.data;
  const faults = found.error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw new SealiftError('CONFIG_INVALID', subject, faults.join('; '));
}

/** As a kubeconfig has it. A path is refused: Flux leaves it out, and goes to whatever else is there. */
function serverOf(address: string): string | undefined {
  const whole = address.includes('://') ? address : `https://${address}`;
  const url = /\s/.test(whole) ? null : URL.parse(whole);
  return url?.protocol === 'https:' && url.href === `${url.origin}/` ? url.origin : undefined;
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function areCertificates(pem: string): boolean {
  const all = pem.match(certificates) ?? [];
  try {
    return all.map((one) => new X509Certificate(one)).length > 0;
  } catch {
    return false;
  }
}
