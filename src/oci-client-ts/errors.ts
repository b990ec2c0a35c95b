/** What went wrong, as a closed set: match on it, not on the message. */
export type OciErrorCode =
  | 'not-found'
  | 'unauthorized'
  | 'denied'
  | 'rate-limited'
  | 'unsupported'
  | 'digest-mismatch'
  | 'size-mismatch'
  | 'too-large'
  | 'invalid'
  | 'unreachable'
  | 'timeout'
  | 'tls'
  | 'protocol'
  | 'server-error';

/** What may heal a failure: time alone, or only other bytes than those that came; absent for nothing. */
const remedies: Readonly<Partial<Record<OciErrorCode, 'time' | 'other-bytes'>>> = {
  'rate-limited': 'time',
  unreachable: 'time',
  timeout: 'time',
  'server-error': 'time',
  'digest-mismatch': 'other-bytes',
  'size-mismatch': 'other-bytes',
};

/** Whether a failure of this kind may be over by itself a little later. */
export function healsWithTime(code: OciErrorCode): boolean {
  return remedies[code] === 'time';
}

/** Whether what came was not what was asked for. */
export function isWrongContent(code: OciErrorCode): boolean {
  return remedies[code] === 'other-bytes';
}

export interface OciErrorDetails {
  /** HTTP status of the answer that led to the error. */
  readonly status?: number;
  /** First code of the registry's own error body, such as MANIFEST_UNKNOWN. */
  readonly registryCode?: string;
  /** Milliseconds to wait as the registry asked. */
  readonly retryAfterMs?: number;
  /** The registry's own name of the request, for its log. */
  readonly requestId?: string;
}

/** What would break a line or steer a terminal. Remote text finds its way into errors, from JSON with any character escaped. */
const steering = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** The only error this package throws on purpose. Its text holds no credential and no whole body. */
export class OciError extends Error {
  override readonly name = 'OciError';
  readonly code: OciErrorCode;
  /** What the error is about: a reference, a digest, a URL without query. */
  readonly subject: string;
  readonly details: OciErrorDetails;

  constructor(
    code: OciErrorCode,
    subject: string,
    detail: string,
    options: ErrorOptions & { readonly details?: OciErrorDetails } = {},
  ) {
    super(`${subject}: ${detail}`.replaceAll(steering, ' '), options);
    this.code = code;
    this.subject = subject;
    this.details = options.details ?? {};
  }

  /** True when the same call may work later. */
  get retryable(): boolean {
    return remedies[this.code] !== undefined;
  }
}
