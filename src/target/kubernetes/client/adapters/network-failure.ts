import { SealiftError } from '../../../../core/index.ts';
import { serverWords } from '../../text/server-words.ts';

const timeouts: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** A failure below HTTP: TARGET_TIMEOUT or TARGET_UNREACHABLE. A SealiftError comes back unchanged. */
export function networkFailure(cause: unknown, subject: string): SealiftError {
  if (cause instanceof SealiftError) return cause;
  const code = codeOf(cause);
  const message = cause instanceof Error ? serverWords(cause.message, undefined) : '';
  const detail = [message, message.includes(code) ? '' : `(${code})`].filter(Boolean).join(' ');
  const kind = timeouts.has(code) ? 'TARGET_TIMEOUT' : 'TARGET_UNREACHABLE';
  return new SealiftError(kind, subject, detail || 'the connection failed', { cause });
}

/** Of several addresses that were tried, the first says why. */
function codeOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors[0]);
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : '';
}
