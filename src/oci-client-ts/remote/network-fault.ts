import { OciError, type OciErrorCode } from '../errors.ts';
import { printable } from './printable.ts';

const timeouts: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

const lostConnections: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_INFO',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'ERR_HTTP2_STREAM_ERROR',
  'ERR_HTTP2_SESSION_ERROR',
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
]);

/** What OpenSSL and Node say when there is no connection by TLS; the latter names faults of certificates as OpenSSL does. https://nodejs.org/docs/latest-v26.x/api/tls.html#x509-certificate-error-codes */
const ofTls =
  /^(?:EPROTO$|ERR_(?:SSL|TLS)_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERROR_IN_|HOSTNAME_MISMATCH$|INVALID_(?:CA|PURPOSE)$|PATH_LENGTH_EXCEEDED$)/;

/** How OpenSSL reads `HTTP/1.1 400` where a record of TLS should be. */
const withoutTls: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
]);

/** `<thread>:error:<number>:SSL routines:<function>:<reason>:<file>:<line>:`, which tells nobody else anything but the reason. */
const fromOpenssl = /[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):\S*?:\d+:\s*/g;

/**
 * A failure below HTTP as our own error: what a second try may heal is `timeout` or `unreachable`, what it will not is `tls` or, for a broken
 * answer, `protocol`. Our own errors pass through unchanged.
 */
export function networkFault(cause: unknown, subject: string): OciError {
  if (cause instanceof OciError) return cause;
  const code = codeOf(cause);
  if (code !== undefined && withoutTls.has(code)) {
    const detail = `expected TLS, got an answer without it: it looks like plain HTTP (${code})`;
    return new OciError('tls', subject, detail, { cause });
  }
  const message = cause instanceof Error ? printable(cause.message).replace(fromOpenssl, '$1 ').trim() : '';
  const detail = [message, code === undefined || message.includes(code) ? '' : `(${code})`]
    .filter(Boolean)
    .join(' ');
  return new OciError(kindOf(code), subject, detail === '' ? 'the connection failed' : detail, { cause });
}

function codeOf(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

function kindOf(code: string | undefined): OciErrorCode {
  if (code === undefined) return 'protocol';
  if (ofTls.test(code)) return 'tls';
  if (timeouts.has(code)) return 'timeout';
  return lostConnections.has(code) || /^E[A-Z]+$/.test(code) ? 'unreachable' : 'protocol';
}
