import { SealiftError } from '../../core/index.ts';
import { verifyFile } from '../decryption/decrypt-sources.ts';
import type { Decryption } from '../decryption/decryption.ts';
import { addObjects, type ObjectCollection } from '../objects/objects.ts';
import type { Tree } from '../tree/tree.ts';
import { maxBuildBytes } from '../yaml/yaml-limits.ts';
import { readYaml } from '../yaml/yaml-readings.ts';

/** Adds the objects of one file; a file that is no YAML is one fault. */
function addFile(path: string, text: string, collection: ObjectCollection): void {
  collection.faults.collect(path, () => {
    for (const document of readYaml(path, text, 'source')) addObjects(document, collection);
  });
}

export interface PlainRequest {
  readonly tree: Tree;
  readonly files: readonly string[];
  /** Set when the delivery asks to decrypt. */
  readonly decryption: Decryption | undefined;
}

/** Builds a tree of plain YAML: what kustomize would yield for a kustomization that only lists these files. */
export async function buildPlain(
  { tree, files, decryption }: PlainRequest,
  collection: ObjectCollection,
  signal: AbortSignal,
): Promise<void> {
  let size = 0;
  for (const path of files) {
    signal.throwIfAborted();
    const text = await collection.faults.collectAsync(path, () => tree.text(path));
    if (text === undefined) continue;
    size += text.length;
    if (size > maxBuildBytes) {
      throw new SealiftError(
        'YAML_LIMIT_EXCEEDED',
        path,
        `expected at most ${maxBuildBytes} bytes of YAML, got more`,
      );
    }
    if (decryption !== undefined) {
      await collection.faults.collectAsync(path, () => verifyFile(decryption, path, text));
    }
    addFile(path, text, collection);
  }
}
