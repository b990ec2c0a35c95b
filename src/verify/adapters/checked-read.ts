import { checkedContent, type Descriptor, OciError, type ReadStore, readAll } from 'oci-client-ts';
import { asRegistryError } from '../../api/index.ts';
import type { SealiftError } from '../../core/index.ts';
import { Refused } from '../evidence/refused.ts';

/** `unavailable`: the registry could not be asked, or broke its word; the evidence may be there all the same. */
export type Read<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'refused'; readonly refused: Refused }
  | { readonly kind: 'unavailable'; readonly error: SealiftError };

export interface ReadRequest {
  readonly repository: ReadStore;
  readonly descriptor: Descriptor;
  /** Bytes; compared with the descriptor before anything is asked for. */
  readonly limit: number;
}

/** Codes that no second attempt changes: the evidence itself is at fault. */
const faultsOfContent: ReadonlySet<string> = new Set(['not-found', 'invalid', 'unsupported', 'too-large']);

/** Content of a descriptor, whole, of the size and digest it names. Rejects only when aborted. */
export async function checkedRead(
  { repository, descriptor, limit }: ReadRequest,
  signal: AbortSignal,
): Promise<Read<Uint8Array>> {
  if (descriptor.size > limit) {
    return refused(`expected at most ${limit} bytes, got ${descriptor.size}`);
  }
  return attempt(descriptor.digest, signal, () =>
    readAll(checkedContent(repository.fetch(descriptor, { signal }), descriptor), limit, descriptor.digest),
  );
}

/** Sorts what a read throws into fault of the content and failure of the registry. */
export async function attempt<T>(
  subject: string,
  signal: AbortSignal,
  read: () => Promise<T>,
): Promise<Read<T>> {
  try {
    return { kind: 'read', value: await read() };
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof Refused) return { kind: 'refused', refused: thrown };
    if (thrown instanceof OciError && faultsOfContent.has(thrown.code))
      return refused(thrown.message, thrown);
    return { kind: 'unavailable', error: asRegistryError(thrown, subject) };
  }
}

function refused(detail: string, cause?: unknown): Read<never> {
  return { kind: 'refused', refused: new Refused('SIGNATURE_MALFORMED', detail, { cause }) };
}
