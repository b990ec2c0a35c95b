import { type Manifest, OciError, parseManifest, type ReadStore } from 'oci-client-ts';
import { freshnessAnnotations } from '../../src/api/index.ts';
import { inParallel, SealiftError } from '../../src/core/index.ts';

/** Each is a request; a repository with more tags is counted by whoever publishes to it. */
const maxTags = 1_000;

/** As many as registries take without holding back. */
const parallelTags = 8;

/**
 * Nobody counts so far: one release a second takes 30 million years. Whoever may push could name the last number there is, unsigned; the next
 * release would sign it, and no site would ever take another one. What is left beyond is enough to go on by hand.
 */
const maxCounted = 1e15;

/** Tags that are no release: signatures and lists of referrers, by the digest of what they belong to. */
const attached = /^sha(?:256|512)-[0-9a-f]+(?:\.[a-z]+)?$/;

/** What a repository holds of one stream. */
export interface KnownSequences {
  /** 0 where there is none yet. */
  readonly highest: number;
  /** Of the artifact that the tag names, if that one is of the stream. */
  readonly tagged?: { readonly sequence: number; readonly digest: string };
}

/** Reads the sequences of every tag of a repository. @throws SealiftError CONTENT_TOO_LARGE, USAGE, and what the store throws. */
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
    const sequence = sequenceIn(parseManifest(content, descriptor.mediaType), stream);
    if (sequence === undefined) return;
    if (sequence > maxCounted) throw tooHigh(subject, name, sequence);
    highest = Math.max(highest, sequence);
    if (name === tag) tagged = { sequence, digest: descriptor.digest };
  };
  await inParallel(await releaseTags(store, subject, signal), parallelTags, read, signal);
  return { highest, ...(tagged === undefined ? {} : { tagged }) };
}

/** Nothing for an artifact of another stream, and for what is no sequence; 0 where there is none. */
function sequenceIn({ annotations = {} }: Manifest, stream: string): number | undefined {
  if ((annotations[freshnessAnnotations.stream] ?? '') !== stream) return undefined;
  const sequence = Number(annotations[freshnessAnnotations.sequence] ?? 0);
  return Number.isSafeInteger(sequence) ? sequence : undefined;
}

function tooHigh(subject: string, tag: string, sequence: number): SealiftError {
  const detail = `expected sequences of at most ${maxCounted} to count on from, got ${sequence} under the tag ${tag}; give the next one as --sequence NUMBER`;
  return new SealiftError('USAGE', subject, detail);
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
