import path from 'node:path';
import type { Artifact, FetchedLayer, OciRepository } from '../../api/index.ts';
import { copiedName } from '../copied-name.ts';
import { defaultUnpackLimits, requireWithin, type UnpackLimits } from '../limits.ts';
import { treeKey } from '../tree-key.ts';
import { reportSkipped, type TreeNote } from '../tree-note.ts';
import { unpackFailure } from '../unpack-failure.ts';
import { type LayerContent, type OpenLayer, readLayer } from './layer-content.ts';
import { pruneIgnored } from './prune-ignored.ts';
import { findTree, type Staging, stageTree } from './tree-store.ts';
import { TreeWriter } from './tree-writer.ts';
import { unpackArchive } from './unpack-archive.ts';

export interface UnpackStageOptions {
  /** Directory of the trees; made when it is missing, used by nothing else. */
  readonly treesDirectory: string;
  readonly open: OpenLayer;
  /** What differs from `defaultUnpackLimits`. */
  readonly limits?: Partial<UnpackLimits>;
  /** Refuse an archive that holds links; by default links are left out and reported. */
  readonly strictLinks?: boolean;
}

export interface UnpackStage {
  /**
   * Unpacks the layer into `<treesDirectory>/<key>`, a tree that appears whole and on the disk, or not at all. The same layer, operation
   * and ignore text give the same tree without work.
   * @throws SealiftError ARCHIVE_*, LAYER_UNSUPPORTED, DIGEST_MISMATCH, DISK_FAILED; the signal's reason when aborted.
   */
  unpack(source: OciRepository, layer: FetchedLayer, signal: AbortSignal): Promise<Artifact>;
}

interface UnpackTask {
  readonly content: LayerContent;
  readonly copy: boolean;
  readonly ignore: string | undefined;
  readonly limits: UnpackLimits;
  readonly strictLinks: boolean;
}

/** Stores a layer as it is, as the only file of its tree. */
async function copyLayer(task: UnpackTask, writer: TreeWriter, signal: AbortSignal): Promise<void> {
  const { content, limits } = task;
  const sink = writer.file(copiedName(content.layer.mediaType));
  let bytes = 0;
  try {
    for await (const chunk of readLayer(content, signal)) {
      bytes += chunk.length;
      requireWithin(limits, 'totalBytes', bytes, content.subject);
      sink.write(chunk);
    }
  } finally {
    sink.close();
  }
}

/** Fills the staging directory and brings it to the disk. */
async function fillTree(task: UnpackTask, staging: Staging, signal: AbortSignal): Promise<TreeNote> {
  const writer = new TreeWriter(staging.directory);
  let skipped: string[] = [];
  if (task.copy) {
    await copyLayer(task, writer, signal);
  } else {
    skipped = await unpackArchive({ ...task, writer }, signal);
    await pruneIgnored(staging.directory, writer, task.ignore, signal);
  }
  await writer.flush(signal);
  const bytes = [...writer.files.values()].reduce((sum, size) => sum + size, 0);
  return { files: writer.files.size, bytes, skipped: reportSkipped(skipped) };
}

async function makeTree(
  task: UnpackTask,
  treesDirectory: string,
  key: string,
  signal: AbortSignal,
): Promise<TreeNote> {
  const staging = await stageTree(treesDirectory);
  try {
    const note = await fillTree(task, staging, signal);
    signal.throwIfAborted();
    await staging.commit(key, note);
    return note;
  } finally {
    await staging.discard();
  }
}

/** The stage that turns a layer of an accepted revision into a tree of files. */
export function createUnpackStage(options: UnpackStageOptions): UnpackStage {
  const { open, strictLinks = false } = options;
  const treesDirectory = path.resolve(options.treesDirectory);
  const limits: UnpackLimits = { ...defaultUnpackLimits, ...options.limits };
  return {
    unpack: async (source, { revision, layer, annotations }, signal) => {
      signal.throwIfAborted();
      const { ignore, layerSelector } = source.spec;
      const { digest, mediaType } = layer;
      const subject = `layer ${digest}`;
      const { operation } = layerSelector;
      const key = treeKey({ digest, operation, mediaType, ignore, strictLinks });
      const content = { layer, open, subject };
      const task = { content, copy: operation === 'copy', ignore, limits, strictLinks };
      try {
        const note =
          (await findTree(treesDirectory, key)) ?? (await makeTree(task, treesDirectory, key, signal));
        return { revision, digest, root: path.join(treesDirectory, key), annotations, ...note };
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw unpackFailure(error, subject);
      }
    },
  };
}
