import type { OciErrorCode } from '../errors.ts';

const byStatus: Readonly<Record<number, OciErrorCode>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'denied',
  404: 'not-found',
  405: 'unsupported',
  406: 'unsupported',
  408: 'timeout',
  413: 'too-large',
  414: 'too-large',
  415: 'unsupported',
  429: 'rate-limited',
  431: 'too-large',
  501: 'unsupported',
  504: 'timeout',
};

/** The meaning of an unwanted status of the registry itself. */
export function codeOfStatus(status: number): OciErrorCode {
  return byStatus[status] ?? (status >= 500 ? 'server-error' : 'protocol');
}

/**
 * The meaning of an unwanted status of a host the registry sent us to. That storage does not have or does not give the bytes says nothing
 * about what the registry holds, least of all that it holds nothing; its address may have expired, so asking again is right.
 */
export function codeOfForeignStatus(status: number): OciErrorCode {
  const code = codeOfStatus(status);
  return code === 'rate-limited' || code === 'timeout' ? code : 'server-error';
}

/** The meaning of an unwanted status of a token server: never that the repository is not there. */
export function codeOfTokenStatus(status: number): OciErrorCode {
  if (status === 400 || status === 401) return 'unauthorized';
  const code = codeOfStatus(status);
  return code === 'not-found' || code === 'invalid' || code === 'too-large' ? 'protocol' : code;
}
