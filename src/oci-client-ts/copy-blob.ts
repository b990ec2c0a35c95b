import type { Descriptor } from './descriptor.ts';
import { OciError } from './errors.ts';
import type { Fetcher, Mounter, Operation, Puller, Resumer, Store } from './store.ts';

/** What a copy is doing. */
export type CopyEvent =
  /** Bytes of this content that are on their way or there; less than before when it had to begin again. */
  | { readonly kind: 'moving'; readonly descriptor: Descriptor; readonly bytes: number }
  | { readonly kind: Copied; readonly descriptor: Descriptor };

/** How content got there. */
export type Copied = 'pushed' | 'skipped' | 'mounted';

export interface Way {
  readonly from: Fetcher & Partial<Resumer>;
  readonly to: Store & Partial<Mounter & Puller>;
  readonly notify: (event: CopyEvent) => void;
}

/** What a store could do about a failure by itself it has done: this is for a stream that only its source can give again. */
const tries = 2;

/** Moves one blob unless it is there: by mount where the destination can, else by its bytes. */
export async function copyBlob(way: Way, descriptor: Descriptor, operation: Operation): Promise<Copied> {
  const { from, to } = way;
  if (await to.exists(descriptor, operation)) return 'skipped';
  if (await to.mount?.(descriptor, from, operation)) return 'mounted';
  for (let attempt = 1; ; attempt += 1) {
    try {
      await transfer(way, descriptor, operation);
      return 'pushed';
    } catch (error) {
      if (attempt >= tries || !mayHeal(error)) throw error;
      operation.signal?.throwIfAborted();
    }
  }
}

/** A destination that keeps parts, from a source that goes on behind them, does it by itself. */
async function transfer(
  { from, to, notify }: Way,
  descriptor: Descriptor,
  operation: Operation,
): Promise<void> {
  if (to.pull !== undefined && from.fetchRest !== undefined) {
    const progress = (bytes: number): void => notify({ kind: 'moving', descriptor, bytes });
    return to.pull(descriptor, from, { ...operation, progress });
  }
  const content = observed(from.fetch(descriptor, operation), descriptor, notify);
  return to.push(descriptor, content, { ...operation, absent: true });
}

/** A registry that takes no large requests is known to be one by now, and gets chunks. */
function mayHeal(error: unknown): boolean {
  if (!(error instanceof OciError)) return false;
  const { status, retryAfterMs } = error.details;
  return retryAfterMs === undefined && (error.retryable || status === 413 || status === 416);
}

async function* observed(
  content: AsyncIterable<Uint8Array>,
  descriptor: Descriptor,
  notify: (event: CopyEvent) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.byteLength;
    notify({ kind: 'moving', descriptor, bytes });
    yield chunk;
  }
}
