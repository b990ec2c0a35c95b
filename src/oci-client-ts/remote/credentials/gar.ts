import type { Credential, CredentialProvider } from '../../credentials.ts';
import { systemClock } from '../clock.ts';
import { askCloudForObject, endOf, form, requireText } from './ask-cloud.ts';
import type { CloudHttp } from './cloud-http.ts';
import { type CloudOptions, cloudProvider, type ReadToken } from './cloud-provider.ts';

export interface GarOptions extends CloudOptions {
  /** `//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`. */
  readonly audience: string;
  readonly readToken: ReadToken;
  /** E-mail of a service account to act as. Default: the federated identity itself. */
  readonly serviceAccount?: string;
  /** Addresses instead of those of Google. */
  readonly endpoints?: { readonly sts?: URL; readonly iam?: URL };
}

const scope = 'https://www.googleapis.com/auth/cloud-platform';
const hosts = /^(?:(?:[a-z0-9-]{1,63}\.)?gcr\.io|[a-z0-9-]{1,56}-docker\.pkg\.dev|docker\.s3nsregistry\.fr)$/;

export interface GceOptions extends CloudOptions {
  /** Name or e-mail of the machine's service account. Default: `default`. */
  readonly account?: string;
  /** Address instead of `http://metadata.google.internal`. */
  readonly endpoint?: URL;
}

interface GarToken {
  readonly token: string;
  readonly expiresAt?: number;
}

/** Artifact Registry and Container Registry of Google: an access token by workload identity federation, as a password. */
export function garCredentials(options: GarOptions): CredentialProvider {
  const fetch = async (_place: string, http: CloudHttp, signal: AbortSignal): Promise<Credential> => {
    const federated = await exchangeToken(options, http, signal);
    const { token, ...end } = await impersonate(options, federated, { http, signal });
    return { kind: 'basic', username: 'oauth2accesstoken', password: token, ...end };
  };
  return cloudProvider({ place: placeOf, key: () => 'google', fetch }, options);
}

/**
 * The same by the service account of the machine or of the pod, as the metadata server of Compute Engine and GKE hands it out.
 * https://cloud.google.com/compute/docs/access/authenticate-workloads
 */
export function gceCredentials(options: GceOptions = {}): CredentialProvider {
  const fetch = async (_place: string, http: CloudHttp, signal: AbortSignal): Promise<Credential> => {
    const account = encodeURIComponent(options.account ?? 'default');
    const path = `/computeMetadata/v1/instance/service-accounts/${account}/token`;
    const url = new URL(path, options.endpoint ?? 'http://metadata.google.internal');
    const headers = { 'metadata-flavor': 'Google', accept: 'application/json' };
    const reply = await askCloudForObject(http, { method: 'GET', url, headers }, signal);
    const password = requireText(reply, 'access_token', url.origin);
    const end = endOf(reply.expires_in, (options.clock ?? systemClock).now());
    return { kind: 'basic', username: 'oauth2accesstoken', password, ...end };
  };
  return cloudProvider({ place: placeOf, key: () => 'google', fetch }, options);
}

function placeOf(host: string): string | undefined {
  return hosts.test(host) ? host : undefined;
}

/** https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token */
async function exchangeToken(options: GarOptions, http: CloudHttp, signal: AbortSignal): Promise<GarToken> {
  const url = options.endpoints?.sts ?? new URL('https://sts.googleapis.com/v1/token');
  const request = form(url, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    audience: options.audience,
    scope,
    subject_token: await options.readToken(signal),
  });
  const reply = await askCloudForObject(http, request, signal);
  const now = (options.clock ?? systemClock).now();
  return { token: requireText(reply, 'access_token', url.origin), ...endOf(reply.expires_in, now) };
}

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken */
async function impersonate(
  { serviceAccount, endpoints }: GarOptions,
  federated: GarToken,
  { http, signal }: { readonly http: CloudHttp; readonly signal: AbortSignal },
): Promise<GarToken> {
  if (serviceAccount === undefined) return federated;
  const path = `/v1/projects/-/serviceAccounts/${encodeURIComponent(serviceAccount)}:generateAccessToken`;
  const url = new URL(path, endpoints?.iam ?? 'https://iamcredentials.googleapis.com');
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${federated.token}` };
  const request = { method: 'POST', url, headers, body: JSON.stringify({ scope: [scope] }) } as const;
  const reply = await askCloudForObject(http, request, signal);
  const token = requireText(reply, 'accessToken', url.origin);
  const expiresAt = typeof reply.expireTime === 'string' ? Date.parse(reply.expireTime) : Number.NaN;
  return { token, ...(Number.isNaN(expiresAt) ? {} : { expiresAt }) };
}
