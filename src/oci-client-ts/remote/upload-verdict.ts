import { healsWithTime, type OciError } from '../errors.ts';

/** The whole in one request, or piece by piece. */
export type UploadMode = 'whole' | 'chunks';

export type UploadVerdict =
  /** Nothing that is sent again would change the answer. */
  | 'stop'
  /** Ask how much has arrived, and go on behind it. */
  | 'ask'
  /** As `ask`, and in chunks from now on: requests of this size are refused. */
  | 'too-long'
  /** The upload is unknown: begin another. */
  | 'anew'
  /** This registry takes no chunks: begin another, with the whole. */
  | 'no-chunks';

export interface FailedUpload {
  readonly error: OciError;
  readonly mode: UploadMode;
  /** The request that would have ended the upload. */
  readonly isClosing: boolean;
}

/** Streams are not sent twice by the transport, not even after it has got a new token: hence 401. */
const ofWhole: Readonly<Record<number, UploadVerdict>> = { 401: 'ask', 413: 'too-long', 416: 'too-long' };
const ofChunk: Readonly<Record<number, UploadVerdict>> = {
  400: 'no-chunks',
  405: 'no-chunks',
  416: 'ask',
  501: 'no-chunks',
};
/** Of the request that ends an upload in chunks. */
const ofEnd: Readonly<Record<number, UploadVerdict>> = { 416: 'ask' };

/** What to do after a request of an upload has failed. */
export function judgeUpload({ error, mode, isClosing }: FailedUpload): UploadVerdict {
  const { status } = error.details;
  if (healsWithTime(error.code)) return 'ask';
  if (status === undefined) return 'stop';
  if (status === 404) return 'anew';
  const table = mode === 'whole' ? ofWhole : isClosing ? ofEnd : ofChunk;
  return table[status] ?? 'stop';
}

/**
 * Bytes that a `Range` header stands for. `0-0` is one byte by the grammar, and what registries answer when they have none: both are possible.
 */
export function reachedBy(header: string | undefined): number | 'none-or-one' | undefined {
  const last = /^(?:bytes[= ])?0-(\d{1,15})$/.exec(header?.trim() ?? '')?.[1];
  if (last === undefined) return undefined;
  return Number(last) === 0 ? 'none-or-one' : Number(last) + 1;
}
