import type { Call } from './mode.ts';

export type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Answers instead of the registry, after the rest of the request was read away. */
export async function reply(
  { request, response }: Pick<Call, 'request' | 'response'>,
  status: number,
  headers: Headers = {},
  body: string | Uint8Array = '',
): Promise<true> {
  for await (const _ of request);
  const content = Buffer.from(body);
  const length = status === 304 || status === 204 ? {} : { 'content-length': `${content.byteLength}` };
  response.writeHead(status, { ...length, ...(headers as Record<string, string>) });
  response.end(request.method === 'HEAD' ? undefined : content);
  return true;
}

/** Answers with one error in the form of the specification. */
export function refuse(
  call: Pick<Call, 'request' | 'response'>,
  status: number,
  error: { readonly code: string; readonly message?: string },
  headers: Headers = {},
): Promise<true> {
  return replyJson(call, status, { errors: [{ message: error.code.toLowerCase(), ...error }] }, headers);
}

export function replyJson(
  call: Pick<Call, 'request' | 'response'>,
  status: number,
  value: unknown,
  headers: Headers = {},
): Promise<true> {
  return reply(call, status, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
}

export function redirect(
  call: Pick<Call, 'request' | 'response'>,
  status: number,
  location: string,
): Promise<true> {
  return reply(call, status, { location });
}

/** Cuts the connection without a word. */
export function cut({ request }: Pick<Call, 'request'>): true {
  request.socket.destroy();
  return true;
}
