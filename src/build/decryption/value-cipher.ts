import { createDecipheriv } from 'node:crypto';
import { SopsFault, type SopsLeaf } from './sops-tree.ts';

/** AES-256. */
export const dataKeyBytes = 32;

const encryptedPattern =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]+),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:([a-z]+)\]$/;

const tagBytes = 16;

/** SOPS writes 32; the bound is that of OpenSSL. */
const maxNonceBytes = 128;

/** True for a value as SOPS writes it, and for nothing else. */
export function isEncryptedValue(text: string): boolean {
  return encryptedPattern.test(text);
}

const trueWords = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const falseWords = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function boolean(text: string): boolean {
  if (trueWords.has(text)) return true;
  if (falseWords.has(text)) return false;
  throw new SopsFault('an encrypted boolean holds something else');
}

function integer(text: string): number | bigint {
  if (!/^[-+]?\d{1,19}$/.test(text)) throw new SopsFault('an encrypted whole number holds something else');
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

function float(text: string): SopsLeaf {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new SopsFault('an encrypted number holds something else');
  return { kind: 'float', value };
}

/** Text where the bytes are UTF-8. */
function text(bytes: Uint8Array): SopsLeaf {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { kind: 'bytes', bytes };
  }
}

const readers = new Map<string, (bytes: Buffer) => SopsLeaf>([
  ['str', text],
  ['bytes', text],
  ['int', (bytes) => integer(bytes.toString('latin1'))],
  ['float', (bytes) => float(bytes.toString('latin1'))],
  ['bool', (bytes) => boolean(bytes.toString('latin1'))],
  ['time', (bytes) => ({ kind: 'time', text: bytes.toString('latin1') })],
  ['comment', (bytes) => ({ kind: 'comment', text: bytes.toString('utf8'), inline: false })],
]);

/** Node reads over what is no base64. */
function base64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new SopsFault('an encrypted value is damaged');
  return bytes;
}

function open(parts: readonly Buffer[], key: Uint8Array, additional: string): Buffer {
  const [data, nonce, tag] = parts as [Buffer, Buffer, Buffer];
  if (tag.length !== tagBytes || nonce.length === 0 || nonce.length > maxNonceBytes) {
    throw new SopsFault('an encrypted value is damaged');
  }
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAuthTag(tag);
  decipher.setAAD(Buffer.from(additional));
  try {
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch {
    throw new SopsFault('an encrypted value is damaged, or belongs to another place or key');
  }
}

/**
 * Opens one value: AES-256-GCM, its place in the tree as additional data. Nothing stands for the empty text.
 * https://github.com/getsops/sops/blob/v3.13.3/README.rst#encryption-protocol
 * @throws SopsFault
 */
export function decryptValue(encrypted: string, key: Uint8Array, additional: string): SopsLeaf {
  if (encrypted === '') return '';
  const match = encryptedPattern.exec(encrypted);
  if (match === null) throw new SopsFault('expected an encrypted value, got something else');
  const [, data = '', nonce = '', tag = '', type = ''] = match;
  const read = readers.get(type);
  if (read === undefined) throw new SopsFault('an encrypted value is of a type that is not known');
  const parts = [data, nonce, tag].map(base64);
  return read(open(parts, key, additional));
}
