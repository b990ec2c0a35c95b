import { OciError } from '../errors.ts';

/** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes */
export type ApiErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNKNOWN';

/** A refusal as the client gets it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: ApiErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ApiErrorCode,
    message: string,
    options: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
  }
}

/** Faults of the request. Any other fault is ours, `invalid` too: it may be our own index that is torn. */
const statusOf: Partial<Record<OciError['code'], readonly [number, ApiErrorCode]>> = {
  'digest-mismatch': [400, 'DIGEST_INVALID'],
  'size-mismatch': [400, 'SIZE_INVALID'],
  'too-large': [413, 'SIZE_INVALID'],
};

/** What is not foreseen keeps its text for the log: the client learns nothing of paths and disks. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof OciError && error.code === 'timeout') {
    return new ApiError(503, 'UNKNOWN', 'busy, try again', { cause: error });
  }
  const row = error instanceof OciError ? statusOf[error.code] : undefined;
  if (row === undefined) return new ApiError(500, 'UNKNOWN', 'internal error', { cause: error });
  return new ApiError(row[0], row[1], (error as OciError).message, { cause: error });
}

/** Runs a step whose faults mean something else at this endpoint. */
export async function refusing<T>(
  act: () => T | Promise<T>,
  refusals: Partial<Record<OciError['code'], readonly [number, ApiErrorCode]>>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const row = error instanceof OciError ? refusals[error.code] : undefined;
    if (row === undefined) throw error;
    throw new ApiError(row[0], row[1], (error as OciError).message, { cause: error });
  }
}
