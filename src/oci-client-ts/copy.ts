import type { CopyEvent } from './copy-blob.ts';
import { type CopyCounts, type CopyDestination, type CopySource, GraphCopy } from './copy-graph.ts';
import { ReferrersCopy } from './copy-referrers.ts';
import type { Descriptor } from './descriptor.ts';
import { OciError } from './errors.ts';
import { isTag } from './name-grammar.ts';
import type { Operation } from './store.ts';

export interface CopyOptions extends Operation {
  /**
   * Carries along what refers to the copied manifests: signatures, attestations, and what refers to those, by `subject` or by the tags that
   * cosign gives what it keeps without one (`sha256-HEX.sig`, `.att`, `.sbom`). Such a tag is moved where the destination has it. Default false.
   */
  readonly referrers?: boolean;
  /** The tag at the destination. Default: the reference when it is a tag, else none. */
  readonly tag?: string;
  /** Blobs of one manifest on their way at the same time. Default 3. */
  readonly concurrency?: number;
  /** Told of each step; what it throws ends the copy. */
  readonly progress?: (event: CopyEvent) => void;
}

export interface CopyResult extends CopyCounts {
  readonly descriptor: Descriptor;
  /** Listed as referrers by the source, which does not have them. */
  readonly dangling: readonly Descriptor[];
  /** Listed as referrers by the source, and none: no manifests, or about something else. They were left out. */
  readonly mislisted: readonly Descriptor[];
}

/**
 * Copies what a reference names, whole: blobs first, then manifests from the leaves up, then the referrers, then the tag. What the
 * destination has is skipped, so a copy that was cut off goes on where it stopped.
 * @throws OciError of either store; `too-large` when the graph exceeds the limits.
 */
export async function copy(
  from: CopySource,
  to: CopyDestination,
  reference: string,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const operation: Operation = options.signal === undefined ? {} : { signal: options.signal };
  const resolution = await from.resolve(reference, operation);
  if (resolution.kind === 'unchanged')
    throw new OciError('protocol', reference, 'unchanged, though nothing was known');
  const { descriptor } = resolution;
  const graph = new GraphCopy(from, to, options);
  await graph.copyManifest(resolution, { depth: 0, distance: 0 });
  const referrers = new ReferrersCopy(graph, from, to, operation);
  if (options.referrers) await referrers.run();
  const tag = options.tag ?? (isTag(reference) ? reference : undefined);
  if (tag !== undefined) await to.tag(descriptor, tag, operation);
  const { dangling, mislisted } = referrers;
  return { descriptor, ...graph.counts, dangling, mislisted };
}
