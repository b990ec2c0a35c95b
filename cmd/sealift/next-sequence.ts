import { OciError, parseManifest, type ReadStore } from 'oci-client-ts';
import { freshnessAnnotations } from '../../src/api/index.ts';
import { inParallel, SealiftError } from '../../src/core/index.ts';

/** Each is a request; a repository with more tags is counted by whoever publishes to it. */
const maxTags = 1_000;

/** As many as registries take without holding back. */
const parallelTags = 8;

/** Tags that are no release: signatures and lists of referrers, by the digest of what they belong to. */
const attached = /^sha(?:256|512)-[0-9a-f]+(?:\.[a-z]+)?$/;

/** What a repository holds of one stream. */
export interface KnownSequences {
  /** 0 where there is none yet. */
  readonly highest: number;
  /** Of the artifact that the tag names, if that one is of the stream. */
  readonly tagged?: { readonly sequence: number; readonly digest: string };
}

/** Reads the sequences of every tag of a repository. @throws SealiftError CONTENT_TOO_LARGE, and what the store throws. */
export async function readSequences(
  store: ReadStore,
  { tag, stream, subject }: { readonly tag: string; readonly stream: string; readonly subject: string },
  signal: AbortSignal,
): Promise<KnownSequences> {
  let highest = 0;
  let tagged: KnownSequences['tagged'];
  const read = async (name: string, stop: AbortSignal): Promise<void> => {
    const resolution = await store.resolve(name, { signal: stop });
    if (resolution.kind === 'unchanged') return;
    const { content, descriptor } = resolution;
    const { annotations = {} } = parseManifest(content, descriptor.mediaType);
    if ((annotations[freshnessAnnotations.stream] ?? '') !== stream) return;
    const sequence = Number(annotations[freshnessAnnotations.sequence] ?? 0);
    if (!Number.isSafeInteger(sequence)) return;
    highest = Math.max(highest, sequence);
    if (name === tag) tagged = { sequence, digest: descriptor.digest };
  };
  await inParallel(await releaseTags(store, subject, signal), parallelTags, read, signal);
  return { highest, ...(tagged === undefined ? {} : { tagged }) };
}

async function releaseTags(
  store: ReadStore,
  subject: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const tags: string[] = [];
  try {
    for await (const tag of store.tags({ signal })) {
      if (attached.test(tag)) continue;
      tags.push(tag);
      if (tags.length > maxTags) {
        const detail = `expected at most ${maxTags} tags to count the sequence from; give it as --sequence NUMBER`;
        throw new SealiftError('CONTENT_TOO_LARGE', subject, detail);
      }
    }
  } catch (thrown) {
    // The first push makes the repository.
    if (!(thrown instanceof OciError && thrown.code === 'not-found')) throw thrown;
  }
  return tags;
}
