import { createHash } from 'node:crypto';
import { inventoryId } from '../api/index.ts';
import type { ObjectRef } from '../core/index.ts';

const extension = '.yaml';

/** NAME_MAX of every file system in use, in bytes. */
const maxFileName = 255;

/** Of SHA-256, in hexadecimal: 128 bits, so that nobody can make two names meet. */
const hashLength = 32;

/**
 * The file of an object: its inventory id and `.yaml`, `shop_web_apps_Deployment.yaml`. Always one segment of a path and
 * never hidden: every byte outside letters, digits, `.`, `_` and `-`, and a leading `.`, is written `%XX` (no Kubernetes
 * name holds a `%`, so no two objects share a file). An id is up to 635 bytes long: what does not fit is cut and ends
 * with `-` and the hash of the whole.
 */
export function fileNameOf(ref: ObjectRef): string {
  const id = inventoryId(ref);
  const name = id.replaceAll(/[^A-Za-z0-9._-]|^\./gu, percentEncoded);
  if (name.length + extension.length <= maxFileName) return name + extension;
  const hash = createHash('sha256').update(id).digest('hex').slice(0, hashLength);
  return `${name.slice(0, maxFileName - extension.length - hashLength - 1)}-${hash}${extension}`;
}

function percentEncoded(character: string): string {
  const bytes = [...Buffer.from(character, 'utf8')];
  return bytes.map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
