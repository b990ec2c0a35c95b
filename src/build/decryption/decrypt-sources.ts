import { SealiftError } from '../../core/index.ts';
import type { Tree } from '../tree/tree.ts';
import { type Decryption, maxEncryptedBytes } from './decryption.ts';
import { type ReachedKustomization, type SourceFile, sourceFiles } from './encrypted-sources.ts';
import { carriesMark, formatOfName } from './sops-format.ts';

/** What a build reads of a tree. */
export interface BuildSources {
  readonly kustomizations: readonly ReachedKustomization[];
  /** Other files. */
  readonly files: Iterable<string>;
}

async function encryptedText(tree: Tree, { path, format }: SourceFile): Promise<string | undefined> {
  const bytes = await tree.bytes(path, maxEncryptedBytes);
  if (bytes === undefined) {
    const detail = `expected at most ${maxEncryptedBytes} bytes in a file that may be encrypted, got more`;
    throw new SealiftError('DECRYPTION_FAILED', path, detail);
  }
  const text = Buffer.from(bytes).toString('utf8');
  return carriesMark(text, format) ? text : undefined;
}

/** Verifies the encrypted file of objects; what it holds is decrypted when it is built. */
export async function verifyFile(decryption: Decryption, path: string, text: string): Promise<void> {
  if (!carriesMark(text, 'yaml') && !carriesMark(text, 'json')) return;
  const input = formatOfName(path) === 'json' ? 'json' : 'yaml';
  await decryption.verify({ place: path, text, input, output: input });
}

/**
 * Decrypts what generators and patches name, and verifies the files of encrypted objects. Answers the texts that take the place of files in
 * the private copy of the tree.
 * @throws SealiftError DECRYPTION_FAILED, DECRYPTION_KEY_MISSING, SOPS_NOT_FOUND.
 */
export async function decryptSources(
  decryption: Decryption,
  tree: Tree,
  { kustomizations, files }: BuildSources,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const decrypted = new Map<string, Uint8Array>();
  for (const source of kustomizations.flatMap(sourceFiles)) {
    const { path, format } = source;
    if (decrypted.has(path)) continue;
    const text = await encryptedText(tree, source);
    if (text === undefined) continue;
    decrypted.set(path, await decryption.text({ place: path, text, input: format, output: format }));
  }
  for (const path of files) {
    if (decrypted.has(path) || !/\.(ya?ml|json)$/.test(path)) continue;
    await verifyFile(decryption, path, await tree.text(path));
  }
  return decrypted;
}
