import { createHash } from 'node:crypto';
import { inventoryId } from '../../api/index.ts';
import type { ObjectRef } from '../../core/index.ts';

const extension = '.yaml';

/** Of SHA-256, in hexadecimal: 48 bits, beside a name that has to be equal too. */
const hashLength = 12;

/**
 * k3s names what it makes of a file after the file, and takes a lower-case RFC 1123 name only: https://docs.k3s.io/installation/packaged-components.
 * That leaves 253 characters; the rest is kept free for what others put before or behind.
 */
const maxReadable = 200;

/** Lower-case letters, digits and single dashes. */
function readable(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

/**
 * The file of an object: namespace, name and kind for people, a hash of the inventory id so that no two objects share a file:
 * `shop-web-deployment-0123456789ab.yaml`. Always one segment of a path, never hidden, a name that every file system and k3s take.
 */
export function fileNameOf(ref: ObjectRef): string {
  const hash = createHash('sha256').update(inventoryId(ref)).digest('hex').slice(0, hashLength);
  const parts = [ref.namespace, ref.name, ref.kind].filter((part) => part !== '');
  const name = readable(parts.join('-')).replace(/^-/, '').slice(0, maxReadable).replace(/-$/, '');
  return `${name}-${hash}${extension}`.replace(/^-/, '');
}
