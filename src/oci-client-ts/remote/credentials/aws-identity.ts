import { OciError } from '../../errors.ts';
import { askCloud, askCloudForObject, type CloudObject, form, requireText } from './ask-cloud.ts';
import type { CloudHttp } from './cloud-http.ts';
import type { ReadToken } from './cloud-provider.ts';
import type { AwsKeys } from './sigv4.ts';

/** Who asks AWS: keys, a role that the workload's own token may assume, or what the machine or the cluster hands out. */
export type AwsIdentity =
  | ({ readonly kind: 'keys' } & AwsKeys)
  | {
      readonly kind: 'web-identity';
      /** `arn:aws:iam::ACCOUNT:role/NAME`. */
      readonly role: string;
      readonly readToken: ReadToken;
      /** Shown in the audit log of AWS. Default: `oci-client-ts`. */
      readonly session?: string;
    }
  | {
      /** EKS Pod Identity: the agent on the node gives keys for the pod's token. */
      readonly kind: 'pod-identity';
      /** The file that AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names. */
      readonly readToken: ReadToken;
      /** AWS_CONTAINER_CREDENTIALS_FULL_URI. Default: the agent's address by IPv4. */
      readonly endpoint?: URL;
    }
  | {
      /** The role of an EC2 instance, by version 2 of its metadata service. */
      readonly kind: 'instance';
      /** Default: the service's address by IPv4. */
      readonly endpoint?: URL;
    };

export interface Asked {
  readonly http: CloudHttp;
  readonly signal: AbortSignal;
}

const podAgent = 'http://169.254.170.23/v1/credentials';
const instanceMetadata = 'http://169.254.169.254/';

/** Seconds: one exchange takes three requests, and no more is kept. */
const metadataTokenSeconds = '60';

/** Keys to sign with. `sts` is where a role is assumed. @throws OciError. */
export async function awsKeys(identity: AwsIdentity, sts: URL, asked: Asked): Promise<AwsKeys> {
  switch (identity.kind) {
    case 'keys':
      return identity;
    case 'web-identity':
      return assumeRole(identity, sts, asked);
    case 'pod-identity':
      return podKeys(identity, asked);
    case 'instance':
      return instanceKeys(new URL(identity.endpoint ?? instanceMetadata), asked);
  }
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
async function assumeRole(
  identity: Extract<AwsIdentity, { kind: 'web-identity' }>,
  url: URL,
  { http, signal }: Asked,
): Promise<AwsKeys> {
  const request = form(url, {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: identity.role,
    RoleSessionName: identity.session ?? 'oci-client-ts',
    WebIdentityToken: await identity.readToken(signal),
  });
  // The documented reply is XML, whatever the request accepts.
  const headers = { ...request.headers, accept: 'text/xml' };
  const reply = await askCloud(http, { ...request, headers }, signal);
  const read = (name: string): string => {
    const found = new RegExp(`<${name}>\\s*([^<\\s]{1,16384})\\s*</${name}>`).exec(reply)?.[1];
    return requireText({ [name]: found }, name, url.origin);
  };
  return {
    accessKeyId: read('AccessKeyId'),
    secretAccessKey: read('SecretAccessKey'),
    sessionToken: read('SessionToken'),
  };
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
async function podKeys(
  { readToken, endpoint }: Extract<AwsIdentity, { kind: 'pod-identity' }>,
  { http, signal }: Asked,
): Promise<AwsKeys> {
  const url = new URL(endpoint ?? podAgent);
  const headers = { accept: 'application/json', authorization: await readToken(signal) };
  return keysIn(await askCloudForObject(http, { method: 'GET', url, headers }, signal), url);
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */
async function instanceKeys(base: URL, { http, signal }: Asked): Promise<AwsKeys> {
  const tokenUrl = new URL('/latest/api/token', base);
  const life = { 'x-aws-ec2-metadata-token-ttl-seconds': metadataTokenSeconds };
  const token = await askCloud(http, { method: 'PUT', url: tokenUrl, headers: life }, signal);
  const headers = { 'x-aws-ec2-metadata-token': requireText({ token }, 'token', base.origin) };
  const roles = new URL('/latest/meta-data/iam/security-credentials/', base);
  const role = (await askCloud(http, { method: 'GET', url: roles, headers }, signal)).trim();
  if (!/^[\w+=,.@-]{1,64}$/.test(role)) {
    throw new OciError('protocol', roles.href, 'expected the name of a role');
  }
  const url = new URL(encodeURIComponent(role), roles);
  return keysIn(await askCloudForObject(http, { method: 'GET', url, headers }, signal), url);
}

/** Both services answer in the same words; their keys live longer than the password that they are for is asked. */
function keysIn(reply: CloudObject, { origin }: URL): AwsKeys {
  return {
    accessKeyId: requireText(reply, 'AccessKeyId', origin),
    secretAccessKey: requireText(reply, 'SecretAccessKey', origin),
    sessionToken: requireText(reply, 'Token', origin),
  };
}
