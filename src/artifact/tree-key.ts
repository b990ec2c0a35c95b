import { createHash } from 'node:crypto';

/** Raise it whenever the same layer would give another tree. */
const treeFormat = 1;

export interface TreeIdentity {
  /** Digest of the layer. */
  readonly digest: string;
  readonly operation: 'extract' | 'copy';
  readonly mediaType: string;
  readonly ignore: string | undefined;
  readonly strictLinks: boolean;
}

/** Names the tree that a layer gives: 64 hex digits, equal exactly when the tree would be. */
export function treeKey({ digest, operation, mediaType, ignore, strictLinks }: TreeIdentity): string {
  const parts =
    operation === 'copy' ? [digest, operation, mediaType] : [digest, operation, ignore ?? '', strictLinks];
  return createHash('sha256')
    .update(JSON.stringify([treeFormat, ...parts]))
    .digest('hex');
}

export const treeKeyPattern: RegExp = /^[0-9a-f]{64}$/;
