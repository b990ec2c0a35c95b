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

/**
 * A failure below HTTP as our own error: what a second try may heal is `timeout` or `unreachable`, what it will not (TLS, a broken answer) is
 * `protocol`. Our own errors pass through unchanged.
 */
export function networkFault(cause: unknown, subject: string): OciError {
  if (cause instanceof OciError) return cause;
  const code = codeOf(cause);
  const message = cause instanceof Error ? printable(cause.message) : '';
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
  if (code === undefined || code === 'EPROTO') return 'protocol';
  if (timeouts.has(code)) return 'timeout';
  return lostConnections.has(code) || /^E[A-Z]+$/.test(code) ? 'unreachable' : 'protocol';
}
