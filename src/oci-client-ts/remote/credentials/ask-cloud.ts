import { OciError, type OciErrorCode } from '../../errors.ts';
import { codeOfStatus } from '../status-code.ts';
import type { CloudHttp, CloudReply, CloudRequest } from './cloud-http.ts';

/** An object out of a cloud's JSON; nothing in it is believed to be of any type. */
export type CloudObject = Readonly<Record<string, unknown>>;

/** Asks and takes 200 for an answer. @throws OciError, which names the cloud's own code and no other word of the reply. */
export async function askCloud(http: CloudHttp, request: CloudRequest, signal: AbortSignal): Promise<string> {
  const reply = await http(request, signal);
  if (reply.status === 200) return reply.text;
  const subject = subjectOf(request);
  const code = errorCode(reply.text);
  const { status, retryAfterMs } = reply;
  throw new OciError(
    meaning(reply, code),
    subject,
    `expected status 200, got ${status}${code && ` ${code}`}`,
    {
      details: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    },
  );
}

/** The same for JSON. */
export async function askCloudForObject(
  http: CloudHttp,
  request: CloudRequest,
  signal: AbortSignal,
): Promise<CloudObject> {
  const text = await askCloud(http, request, signal);
  const found = parseObject(text);
  if (found === undefined) throw new OciError('protocol', subjectOf(request), 'expected an object in JSON');
  return found;
}

/** The text under a name. @throws OciError `protocol` when there is none, or one that could not stand in a header. */
export function requireText(reply: CloudObject, name: string, subject: string): string {
  const value = reply[name];
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,65536}$/.test(value)) {
    throw new OciError('protocol', subject, `expected a text in ${name}, got none`);
  }
  return value;
}

/** Milliseconds since the epoch at which a token ends that lives so many seconds from now; absent when the reply does not say. */
export function endOf(seconds: unknown, now: number): { readonly expiresAt?: number } {
  const count = typeof seconds === 'string' ? Number(seconds) : seconds;
  return typeof count === 'number' && Number.isFinite(count) ? { expiresAt: now + count * 1000 } : {};
}

export function parseObject(text: string): CloudObject | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null && !Array.isArray(found)
      ? (found as CloudObject)
      : undefined;
  } catch {
    // The parser's message may quote a token.
    return undefined;
  }
}

export function form(url: URL, fields: Readonly<Record<string, string>>): CloudRequest {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  return { method: 'POST', url, headers, body: new URLSearchParams(fields).toString() };
}

function subjectOf({ url }: CloudRequest): string {
  return `${url.origin}${url.pathname}`;
}

function meaning({ status }: CloudReply, code: string): OciErrorCode {
  if (/throttl|slow_?down|too_?many/i.test(code)) return 'rate-limited';
  if (status === 400 || status === 401 || status === 403) return 'unauthorized';
  const meant = codeOfStatus(status);
  return meant === 'not-found' ? 'protocol' : meant;
}

/** OAuth2 has `error`, Google `error.status`, AWS `__type` or, in XML, `Code`; sentences may quote what was sent. */
function errorCode(text: string): string {
  const reply = parseObject(text) ?? {};
  const error =
    typeof reply.error === 'object' && reply.error !== null
      ? (reply.error as CloudObject).status
      : reply.error;
  const found = [error, reply.__type, /<Code>([^<]{1,80})<\/Code>/.exec(text)?.[1]].find(
    (each) => typeof each === 'string' && /^[\w.#-]{1,80}$/.test(each),
  );
  return typeof found === 'string' ? found : '';
}
