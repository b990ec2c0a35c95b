import type { Credential, CredentialProvider } from '../../credentials.ts';
import { OciError } from '../../errors.ts';
import { type RegistryClock, systemClock } from '../clock.ts';
import { askCloudForObject, type CloudObject, requireText } from './ask-cloud.ts';
import { type AwsIdentity, awsKeys } from './aws-identity.ts';
import type { CloudHttp } from './cloud-http.ts';
import { type CloudOptions, cloudProvider } from './cloud-provider.ts';
import { type EcrPlace, ecrPlace } from './ecr-host.ts';
import { type AwsKeys, signRequest } from './sigv4.ts';

export interface EcrOptions extends CloudOptions {
  readonly identity: AwsIdentity;
  /** Addresses instead of those of AWS, for private links. */
  readonly endpoints?: { readonly sts?: URL; readonly ecr?: URL };
}

/** Elastic Container Registry, private and public: a user name and password for twelve hours. */
export function ecrCredentials(options: EcrOptions): CredentialProvider {
  const clock = options.clock ?? systemClock;
  const fetch = async (place: EcrPlace, http: CloudHttp, signal: AbortSignal): Promise<Credential> => {
    const sts = options.endpoints?.sts ?? new URL(place.sts);
    const keys = await awsKeys(options.identity, sts, { http, signal });
    return authorizationToken({ options, place, keys, clock }, http, signal);
  };
  return cloudProvider(
    { place: ecrPlace, key: ({ service, region }) => `${service} ${region}`, fetch },
    options,
  );
}

interface Asking {
  readonly options: EcrOptions;
  readonly place: EcrPlace;
  readonly keys: AwsKeys;
  readonly clock: RegistryClock;
}

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html */
async function authorizationToken(asking: Asking, http: CloudHttp, signal: AbortSignal): Promise<Credential> {
  const { options, place, keys, clock } = asking;
  const url = options.endpoints?.ecr ?? new URL(place.api);
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': place.target };
  const request = { method: 'POST', url, headers, body: '{}' } as const;
  const scope = { region: place.region, service: place.service, now: clock.now() };
  const reply = await askCloudForObject(http, signRequest(request, keys, scope), signal);
  const [first] = [reply.authorizationData].flat();
  const found = typeof first === 'object' && first !== null ? (first as CloudObject) : {};
  const token = requireText(found, 'authorizationToken', url.origin);
  const decoded = Buffer.from(token, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon <= 0)
    throw new OciError('protocol', url.origin, 'expected base64 of user:password in authorizationToken');
  return {
    kind: 'basic',
    username: decoded.slice(0, colon),
    password: decoded.slice(colon + 1),
    ...(typeof found.expiresAt === 'number' ? { expiresAt: found.expiresAt * 1000 } : {}),
  };
}
