import { OciError, type OciErrorCode } from 'oci-client-ts';
import { asSealiftError, type ErrorCode, SealiftError } from '../core/index.ts';

const codes = {
  'not-found': 'REFERENCE_NOT_FOUND',
  unauthorized: 'REGISTRY_DENIED',
  denied: 'REGISTRY_DENIED',
  'rate-limited': 'REGISTRY_RATE_LIMITED',
  unsupported: 'REGISTRY_FAILED',
  'digest-mismatch': 'DIGEST_MISMATCH',
  'size-mismatch': 'DIGEST_MISMATCH',
  'too-large': 'CONTENT_TOO_LARGE',
  invalid: 'MANIFEST_INVALID',
  unreachable: 'REGISTRY_UNREACHABLE',
  timeout: 'REGISTRY_TIMEOUT',
  tls: 'REGISTRY_TLS_FAILED',
  protocol: 'REGISTRY_FAILED',
  'server-error': 'REGISTRY_FAILED',
} as const satisfies Record<OciErrorCode, ErrorCode>;

/** Says in Sealift's words what the OCI client reported. What is no OciError stays what it is. */
export function asRegistryError(thrown: unknown, subject: string): SealiftError {
  if (!(thrown instanceof OciError)) return asSealiftError(thrown, subject);
  const { retryAfterMs } = thrown.details;
  return new SealiftError(codes[thrown.code], subject, thrown.message, { cause: thrown, retryAfterMs });
}
