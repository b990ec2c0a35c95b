import { describe, expect, it } from 'vitest';
import type { Credential, CredentialProvider } from '../../credentials.ts';
import { OciError } from '../../errors.ts';
import { acrCredentials } from './acr.ts';
import type { AwsIdentity } from './aws-identity.ts';
import type { CloudHttp, CloudReply, CloudRequest } from './cloud-http.ts';
import { ecrCredentials } from './ecr.ts';
import { garCredentials, gceCredentials } from './gar.ts';
import { isMetadataHost } from './metadata-host.ts';

const never = new AbortController().signal;
const start = Date.UTC(2026, 0, 1);
const readToken = async (): Promise<string> => 'workload-token';

function setUp(answer: (request: CloudRequest) => CloudReply) {
  const requests: CloudRequest[] = [];
  const http: CloudHttp = async (request) => {
    requests.push(request);
    return answer(request);
  };
  const clock = { ms: 0, now: () => start + clock.ms, monotonic: () => clock.ms, sleep: async () => {} };
  return { requests, http, clock };
}

const ok = (reply: unknown): CloudReply => ({
  status: 200,
  text: typeof reply === 'string' ? reply : JSON.stringify(reply),
});

const fieldsOf = (request: CloudRequest | undefined): object =>
  Object.fromEntries(new URLSearchParams(request?.body));

function ask(provider: CredentialProvider, host: string): Promise<readonly Credential[]> {
  return provider.get({ host, repository: 'app' }, never);
}

async function failureOf(act: Promise<unknown>): Promise<OciError> {
  const error: unknown = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OciError)) throw new Error('expected an OciError');
  return error;
}

const hour = 3_600_000;
const keys: AwsIdentity = { kind: 'keys', accessKeyId: 'AKID', secretAccessKey: 'hunter2' };
const role: AwsIdentity = { kind: 'web-identity', role: 'arn:aws:iam::123456789012:role/pull', readToken };
const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const grant = {
  authorizationData: [
    {
      authorizationToken: Buffer.from('AWS:pass:word').toString('base64'),
      expiresAt: (start + 12 * hour) / 1000,
      proxyEndpoint: `https://${registry}`,
    },
  ],
};
const assumed = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
  <Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>temp/secret+</SecretAccessKey><SessionToken>session==</SessionToken>
  <Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

describe('ecrCredentials', () => {
  it('asks the region of the host with signed requests, and gives what it says for twelve hours', async () => {
    const { requests, http, clock } = setUp(() => ok(grant));
    const provider = ecrCredentials({ identity: keys, http, clock });
    expect(await ask(provider, registry)).toEqual([
      { kind: 'basic', username: 'AWS', password: 'pass:word', expiresAt: start + 12 * hour },
    ]);
    expect(requests.map(({ url }) => url.href)).toEqual(['https://api.ecr.eu-west-1.amazonaws.com/']);
    expect(requests[0]?.body).toBe('{}');
    expect(requests[0]?.headers).toMatchObject({
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      'x-amz-date': '20260101T000000Z',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/20260101\/eu-west-1\/ecr\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=[0-9a-f]{64}$/,
      ),
    });
    expect(JSON.stringify(requests)).not.toContain('hunter2');
    clock.ms = 12 * hour * 0.9 - 1;
    await ask(provider, registry);
    expect(requests).toHaveLength(1);
    clock.ms += 1;
    await ask(provider, registry);
    expect(requests).toHaveLength(2);
  });

  it('assumes the role with the token of the workload first', async () => {
    const { requests, http, clock } = setUp(({ url }) =>
      ok(url.hostname.startsWith('sts') ? assumed : grant),
    );
    await ask(ecrCredentials({ identity: role, http, clock }), registry);
    expect(requests.map(({ url }) => url.host)).toEqual([
      'sts.eu-west-1.amazonaws.com',
      'api.ecr.eu-west-1.amazonaws.com',
    ]);
    expect(fieldsOf(requests[0])).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: 'arn:aws:iam::123456789012:role/pull',
      RoleSessionName: 'oci-client-ts',
      WebIdentityToken: 'workload-token',
    });
    expect(requests[1]?.headers['x-amz-security-token']).toBe('session==');
    expect(requests[1]?.headers.authorization).toContain('Credential=ASIA1/');
  });

  it('asks once for all hosts of a region that wait, and apart for others', async () => {
    const { requests, http, clock } = setUp(() => ok(grant));
    const provider = ecrCredentials({ identity: keys, http, clock });
    await Promise.all([
      ask(provider, registry),
      ask(provider, registry.replace('1234', '9876')),
      ask(provider, registry.replace('eu-west-1', 'us-east-2')),
      ask(provider, 'public.ecr.aws'),
    ]);
    expect(requests.map(({ url }) => url.host)).toEqual([
      'api.ecr.eu-west-1.amazonaws.com',
      'api.ecr.us-east-2.amazonaws.com',
      'api.ecr-public.us-east-1.amazonaws.com',
    ]);
    expect(requests[2]?.headers.authorization).toContain('/us-east-1/ecr-public/aws4_request');
  });

  it('goes to the addresses it was given', async () => {
    const { requests, http, clock } = setUp(({ url }) =>
      ok(url.hostname.startsWith('sts') ? assumed : grant),
    );
    const endpoints = {
      sts: new URL('https://sts.link.example/'),
      ecr: new URL('https://ecr.link.example/'),
    };
    await ask(ecrCredentials({ identity: role, http, clock, endpoints }), registry);
    expect(requests.map(({ url }) => url.host)).toEqual(['sts.link.example', 'ecr.link.example']);
  });

  it.each([
    ['of a registry', registry, true],
    ['with FIPS', '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', true],
    ['of China', '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', true],
    ['of the European cloud', '123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu', true],
    ['of an isolated partition', '123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov', true],
    ['with both stacks', '123456789012.dkr-ecr.eu-west-1.on.aws', true],
    ['of the public registry', 'public.ecr.aws', true],
    ['with something behind', `${registry}.evil.example`, false],
    ['with something in front', `x${registry}`, false],
    ['with a port', `${registry}:443`, false],
    ['with another service', '123456789012.dkr.s3.eu-west-1.amazonaws.com', false],
    ['with a short account', '12345678901.dkr.ecr.eu-west-1.amazonaws.com', false],
    ['with a region that is none', '123456789012.dkr.ecr.evil.amazonaws.com', false],
    ['with an end that only looks alike', '123456789012.dkr.ecr.eu-west-1.amazonawsXcom', false],
    ['below the public registry', 'x.public.ecr.aws', false],
  ])('knows hosts %s', (_behaviour, host, expected) => {
    expect(ecrCredentials({ identity: keys, http: setUp(() => ok('')).http }).match(host)).toBe(expected);
  });

  it.each<[string, CloudReply, string, RegExp]>([
    [
      'a token that is over',
      { status: 400, text: '{"__type":"ExpiredTokenException","message":"s3cret"}' },
      'unauthorized',
      /got 400 ExpiredTokenException$/,
    ],
    [
      'too many requests',
      { status: 400, text: '{"__type":"ThrottlingException"}' },
      'rate-limited',
      /Throttling/,
    ],
    ['a failure', { status: 500, text: '<html>s3cret' }, 'server-error', /got 500$/],
    ['no JSON', ok('s3cret'), 'protocol', /expected an object in JSON/],
    ['no data', ok({}), 'protocol', /authorizationToken/],
    [
      'no password',
      ok({ authorizationData: [{ authorizationToken: 'czNjcmV0' }] }),
      'protocol',
      /user:password/,
    ],
  ])('fails by name on %s, and repeats nothing', async (_behaviour, reply, code, message) => {
    const { http, clock } = setUp(() => reply);
    const error = await failureOf(ask(ecrCredentials({ identity: keys, http, clock }), registry));
    expect({ code: error.code, message: error.message }).toEqual({
      code,
      message: expect.stringMatching(message),
    });
    expect(error.message).not.toContain('s3cret');
  });

  it('fails by name on a role that may not be assumed', async () => {
    const text =
      '<ErrorResponse><Error><Code>AccessDenied</Code><Message>s3cret</Message></Error></ErrorResponse>';
    const { http, clock } = setUp(() => ({ status: 403, text }));
    const error = await failureOf(ask(ecrCredentials({ identity: role, http, clock }), registry));
    expect(error.message).toMatch(
      /^https:\/\/sts\.eu-west-1\.amazonaws\.com\/: expected status 200, got 403 AccessDenied$/,
    );
  });
});

describe('acrCredentials', () => {
  const claims = Buffer.from(JSON.stringify({ iat: 1000, exp: 1000 + 3 * 3600 })).toString('base64url');
  const refreshToken = `eyJhbGciOiJSUzI1NiJ9.${claims}.signature`;
  const options = { tenant: 'tenant-1', clientId: 'client-1', readToken };
  const answer = ({ url }: CloudRequest): CloudReply =>
    url.pathname === '/oauth2/exchange'
      ? ok({ refresh_token: refreshToken })
      : ok({ access_token: 'entra-token', expires_in: 3599 });

  it('gives an identity token, by way of Entra and the exchange of the registry', async () => {
    const { requests, http, clock } = setUp(answer);
    const provider = acrCredentials({ ...options, http, clock });
    expect(await ask(provider, 'team.azurecr.io')).toEqual([
      {
        kind: 'identity',
        username: '00000000-0000-0000-0000-000000000000',
        token: refreshToken,
        expiresAt: start + 3 * hour,
      },
    ]);
    expect(requests.map(({ url }) => url.href)).toEqual([
      'https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token',
      'https://team.azurecr.io/oauth2/exchange',
    ]);
    expect(fieldsOf(requests[0])).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client-1',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'workload-token',
      scope: 'https://containerregistry.azure.net/.default',
    });
    expect(fieldsOf(requests[1])).toEqual({
      grant_type: 'access_token',
      service: 'team.azurecr.io',
      tenant: 'tenant-1',
      access_token: 'entra-token',
    });
  });

  it('25: leaves an exchange alone that answers 429, as long as it asks for, and comes back then', async () => {
    let busy = true;
    const { requests, http, clock } = setUp((request) =>
      busy && request.url.pathname === '/oauth2/exchange'
        ? { status: 429, text: '', retryAfterMs: 120_000 }
        : answer(request),
    );
    const provider = acrCredentials({ ...options, http, clock });
    const first = await Promise.all(
      Array.from({ length: 5 }, () => failureOf(ask(provider, 'team.azurecr.io'))),
    );
    expect(new Set(first.map(({ code }) => code))).toEqual(new Set(['rate-limited']));
    clock.ms = 119_999;
    expect((await failureOf(ask(provider, 'team.azurecr.io'))).details.retryAfterMs).toBe(120_000);
    expect(requests).toHaveLength(2);
    busy = false;
    clock.ms = 120_000;
    await ask(provider, 'team.azurecr.io');
    expect(requests).toHaveLength(4);
  });

  it('asks the sign-in of the cloud that the host is in', async () => {
    const { requests, http, clock } = setUp(answer);
    const provider = acrCredentials({ ...options, http, clock });
    await ask(provider, 'team.azurecr.cn');
    await ask(provider, 'team.azurecr.us');
    expect(requests.map(({ url }) => url.host)).toEqual([
      'login.partner.microsoftonline.cn',
      'team.azurecr.cn',
      'login.microsoftonline.us',
      'team.azurecr.us',
    ]);
  });

  it.each([
    ['of a registry', 'team.azurecr.io', true],
    ['of Germany', 'team.azurecr.de', true],
    ['with something behind', 'team.azurecr.io.evil.example', false],
    ['with several labels', 'a.team.azurecr.io', false],
    ['with no label', 'azurecr.io', false],
    ['with another end', 'team.azurecr.net', false],
    ['that only end alike', 'team-azurecr.io', false],
    ['with a port', 'team.azurecr.io:443', false],
  ])('knows hosts %s', (_behaviour, host, expected) => {
    expect(acrCredentials({ ...options, http: setUp(answer).http }).match(host)).toBe(expected);
  });
});

describe('ecrCredentials on a machine of AWS', () => {
  // The shapes are those of the service documentation.
  const handedOut = {
    Code: 'Success',
    LastUpdated: '2026-01-01T00:00:00Z',
    Type: 'AWS-HMAC',
    AccessKeyId: 'ASIA2',
    SecretAccessKey: 'temp/secret',
    Token: 'session==',
    AccountId: '123456789012',
    Expiration: '2026-01-01T06:00:00Z',
  };
  const instance = ({ url, method }: CloudRequest): CloudReply => {
    if (url.hostname.startsWith('api.ecr')) return ok(grant);
    if (method === 'PUT') return ok('METADATA-TOKEN==');
    return url.pathname.endsWith('/') ? ok('node-role\n') : ok(handedOut);
  };

  it('takes the role of the instance, by a token of its metadata service', async () => {
    const { requests, http, clock } = setUp(instance);
    await ask(ecrCredentials({ identity: { kind: 'instance' }, http, clock }), registry);
    expect(requests.map(({ method, url }) => `${method} ${url.href}`)).toEqual([
      'PUT http://169.254.169.254/latest/api/token',
      'GET http://169.254.169.254/latest/meta-data/iam/security-credentials/',
      'GET http://169.254.169.254/latest/meta-data/iam/security-credentials/node-role',
      'POST https://api.ecr.eu-west-1.amazonaws.com/',
    ]);
    expect(requests[0]?.headers).toEqual({ 'x-aws-ec2-metadata-token-ttl-seconds': '60' });
    for (const request of requests.slice(1, 3))
      expect(request.headers).toEqual({ 'x-aws-ec2-metadata-token': 'METADATA-TOKEN==' });
    expect(requests[3]?.headers.authorization).toContain('Credential=ASIA2/');
    expect(requests[3]?.headers['x-amz-security-token']).toBe('session==');
    expect(requests[3]?.headers).not.toHaveProperty('x-aws-ec2-metadata-token');
  });

  it.each([
    ['is a page of an intercepting portal', '<html>please log in</html>'],
    ['leads elsewhere', '../../user-data'],
    ['is empty', ''],
  ])('refuses a role whose name %s', async (_how, role) => {
    const { http, clock } = setUp((request) =>
      request.url.pathname.endsWith('/') ? ok(role) : instance(request),
    );
    const error = await failureOf(
      ask(ecrCredentials({ identity: { kind: 'instance' }, http, clock }), registry),
    );
    expect(error.code).toBe('protocol');
  });

  it('takes what the agent of EKS gives for the token of the pod, and shows it to the agent alone', async () => {
    const { requests, http, clock } = setUp(({ url }) => ok(url.protocol === 'http:' ? handedOut : grant));
    const identity: AwsIdentity = { kind: 'pod-identity', readToken };
    await ask(ecrCredentials({ identity, http, clock }), registry);
    expect(requests.map(({ method, url }) => `${method} ${url.href}`)).toEqual([
      'GET http://169.254.170.23/v1/credentials',
      'POST https://api.ecr.eu-west-1.amazonaws.com/',
    ]);
    expect(requests[0]?.headers.authorization).toBe('workload-token');
    expect(requests[1]?.headers.authorization).toContain('Credential=ASIA2/');
    expect(JSON.stringify(requests[1])).not.toContain('workload-token');
  });

  it('says that the agent or the service refused, and holds its peace for a while', async () => {
    const { requests, http, clock } = setUp(() => ({ status: 404, text: 'not found' }));
    const provider = ecrCredentials({ identity: { kind: 'pod-identity', readToken }, http, clock });
    expect((await failureOf(ask(provider, registry))).code).toBe('protocol');
    await failureOf(ask(provider, registry));
    expect(requests).toHaveLength(1);
  });
});

describe('gceCredentials', () => {
  const reply = { access_token: 'ya29.token', expires_in: 3599, token_type: 'Bearer' };

  it('takes the token of the machine until nine tenths of its life are over', async () => {
    const { requests, http, clock } = setUp(() => ok(reply));
    const provider = gceCredentials({ http, clock });
    const host = 'europe-docker.pkg.dev';
    expect(await ask(provider, host)).toEqual([
      { kind: 'basic', username: 'oauth2accesstoken', password: 'ya29.token', expiresAt: start + 3_599_000 },
    ]);
    expect(requests).toMatchObject([{ method: 'GET', headers: { 'metadata-flavor': 'Google' } }]);
    expect(requests[0]?.url.href).toBe(
      'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token',
    );
    clock.ms = 3_599_000 * 0.9 + 1;
    await ask(provider, host);
    expect(requests).toHaveLength(2);
  });

  it('asks for another account, at another address, and for no host but those of Google', async () => {
    const { requests, http, clock } = setUp(() => ok(reply));
    const endpoint = new URL('http://127.0.0.1:988');
    const provider = gceCredentials({
      http,
      clock,
      endpoint,
      account: 'pull@project.iam.gserviceaccount.com',
    });
    await ask(provider, 'eu.gcr.io');
    expect(requests[0]?.url.href).toBe(
      'http://127.0.0.1:988/computeMetadata/v1/instance/service-accounts/pull%40project.iam.gserviceaccount.com/token',
    );
    expect(provider.match('gcr.io.evil.example')).toBe(false);
    expect(await ask(provider, 'reg.example')).toEqual([]);
  });
});

describe('isMetadataHost', () => {
  it.each([
    ['http://169.254.169.254/latest', true],
    ['http://169.254.170.23/v1/credentials', true],
    ['http://[fd00:ec2::23]/v1/credentials', true],
    ['http://metadata.google.internal/', true],
    ['http://169.254.169.253/', false],
    ['http://metadata.google.internal.evil.example/', false],
    ['http://sts.amazonaws.com/', false],
  ])('%s: %s', (url, expected) => {
    expect(isMetadataHost(new URL(url))).toBe(expected);
  });
});

describe('garCredentials', () => {
  const audience = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k';
  const host = 'europe-west1-docker.pkg.dev';
  const answer = ({ url }: CloudRequest): CloudReply =>
    url.host === 'sts.googleapis.com'
      ? ok({ access_token: 'federated', expires_in: 3599, token_type: 'Bearer' })
      : ok({ accessToken: 'account', expireTime: '2026-01-01T01:00:00Z' });

  it('gives the federated token as a password', async () => {
    const { requests, http, clock } = setUp(answer);
    expect(await ask(garCredentials({ audience, readToken, http, clock }), host)).toEqual([
      { kind: 'basic', username: 'oauth2accesstoken', password: 'federated', expiresAt: start + 3_599_000 },
    ]);
    expect(requests.map(({ url }) => url.href)).toEqual(['https://sts.googleapis.com/v1/token']);
    expect(fieldsOf(requests[0])).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      audience,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      subject_token: 'workload-token',
    });
  });

  it('acts as a service account when that is asked for', async () => {
    const { requests, http, clock } = setUp(answer);
    const serviceAccount = 'pull@project.iam.gserviceaccount.com';
    const provider = garCredentials({ audience, readToken, serviceAccount, http, clock });
    expect(await ask(provider, host)).toEqual([
      { kind: 'basic', username: 'oauth2accesstoken', password: 'account', expiresAt: start + hour },
    ]);
    expect(requests[1]?.url.href).toBe(
      'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/pull%40project.iam.gserviceaccount.com:generateAccessToken',
    );
    expect(requests[1]?.headers.authorization).toBe('Bearer federated');
    expect(requests[1]?.body).toBe('{"scope":["https://www.googleapis.com/auth/cloud-platform"]}');
  });

  it('fails by name when the pool does not take the token', async () => {
    const text = '{"error":"invalid_grant","error_description":"s3cret"}';
    const { http, clock } = setUp(() => ({ status: 400, text }));
    const error = await failureOf(ask(garCredentials({ audience, readToken, http, clock }), host));
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'unauthorized',
      message: 'https://sts.googleapis.com/v1/token: expected status 200, got 400 invalid_grant',
    });
  });

  it.each([
    ['of Artifact Registry', host, true],
    ['of Container Registry', 'gcr.io', true],
    ['of a region of Container Registry', 'eu.gcr.io', true],
    ['of the cloud of S3NS', 'docker.s3nsregistry.fr', true],
    ['with something behind', 'gcr.io.evil.example', false],
    ['with something in front', 'evilgcr.io', false],
    ['with several labels', 'a.eu.gcr.io', false],
    ['of another format', 'europe-west1-npm.pkg.dev', false],
    ['with several labels in front', 'evil.x-docker.pkg.dev', false],
    ['with a port', 'gcr.io:443', false],
  ])('knows hosts %s', (_behaviour, name, expected) => {
    expect(garCredentials({ audience, readToken, http: setUp(answer).http }).match(name)).toBe(expected);
  });
});
