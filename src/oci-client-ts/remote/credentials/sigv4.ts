import { createHash, createHmac } from 'node:crypto';
import type { CloudRequest } from './cloud-http.ts';

/** Keys of AWS. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary keys. */
  readonly sessionToken?: string;
}

/** For what, and when, a signature is good. */
export interface SigningScope {
  readonly region: string;
  readonly service: string;
  /** Milliseconds since the epoch; AWS refuses a clock that is minutes off. */
  readonly now: number;
}

const algorithm = 'AWS4-HMAC-SHA256';

/**
 * The request with the headers that prove who sends it: AWS Signature Version 4, with all of its headers signed.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signRequest(request: CloudRequest, keys: AwsKeys, scope: SigningScope): CloudRequest {
  const time = `${new Date(scope.now).toISOString().replace(/[:-]|\.\d{3}/g, '')}`;
  const date = time.slice(0, 8);
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': time,
    ...(keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }),
  };
  const names = [...Object.keys(headers), 'host'].sort();
  const canonical = canonicalRequest({ ...request, headers: { ...headers, host: request.url.host } }, names);
  const credentialScope = `${date}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = [algorithm, time, credentialScope, sha256(canonical)].join('\n');
  const signature = hmac(signingKey(keys, date, scope), toSign).toString('hex');
  const authorization = `${algorithm} Credential=${keys.accessKeyId}/${credentialScope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...request, headers: { ...headers, authorization } };
}

function canonicalRequest(
  { method, url, headers, body = '' }: CloudRequest,
  names: readonly string[],
): string {
  const values = names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`);
  return [method, url.pathname, canonicalQuery(url), values.join(''), names.join(';'), sha256(body)].join(
    '\n',
  );
}

function canonicalQuery({ searchParams }: URL): string {
  return [...searchParams]
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .sort()
    .join('&');
}

function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function signingKey(keys: AwsKeys, date: string, { region, service }: SigningScope): Buffer {
  const parts = [date, region, service, 'aws4_request'];
  return parts.reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${keys.secretAccessKey}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
