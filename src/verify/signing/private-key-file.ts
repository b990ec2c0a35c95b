import { scrypt } from 'node:crypto';
import * as z from 'zod';
import { SealiftError } from '../../core/index.ts';
import { conform, parseStrictJson } from '../evidence/strict-json.ts';
import { parsePem } from '../evidence/strict-pem.ts';

/** What cosign writes since 2.0, and what it wrote before. */
const currentLabel = 'ENCRYPTED SIGSTORE PRIVATE KEY';
const labels = [currentLabel, 'ENCRYPTED COSIGN PRIVATE KEY'] as const;

const subject = 'private key';
const kdfName = 'scrypt';
const cipherName = 'nacl/secretbox';
const saltBytes = 32;
const nonceBytes = 24;
const boxKeyBytes = 32;
const pemLineCharacters = 64;

/**
 * scrypt needs 128·N·r bytes: 32, 64 and 128 MiB. These are the strengths that cosign writes or has written; a file that asks for others
 * could eat the memory of whoever opens it.
 */
const allowedCosts = [2 ** 15, 2 ** 16, 2 ** 17] as const;
const writtenCost = 2 ** 16;
const blockSize = 8;
const parallelism = 1;

const fileSchema = z.strictObject({
  kdf: z.strictObject({
    name: z.literal(kdfName),
    params: z.strictObject({
      N: z.literal(allowedCosts),
      r: z.literal(blockSize),
      p: z.literal(parallelism),
    }),
    salt: z.base64(),
  }),
  cipher: z.strictObject({ name: z.literal(cipherName), nonce: z.base64() }),
  ciphertext: z.base64(),
});

export interface Seal {
  readonly password: string;
  /** 32 random bytes, used once. */
  readonly salt: Uint8Array;
  /** 24 random bytes, used once. */
  readonly nonce: Uint8Array;
}

/** Encrypts a PKCS#8 key the way cosign stores it: https://github.com/sigstore/cosign/blob/v3.0.0/pkg/cosign/keys.go */
export async function sealPrivateKey(pkcs8: Uint8Array, { password, salt, nonce }: Seal): Promise<string> {
  const box = await secretBox(await deriveKey(password, salt, writtenCost), nonce);
  const file: z.output<typeof fileSchema> = {
    kdf: { name: kdfName, params: { N: writtenCost, r: blockSize, p: parallelism }, salt: base64(salt) },
    cipher: { name: cipherName, nonce: base64(nonce) },
    ciphertext: base64(box.encrypt(pkcs8)),
  };
  const lines =
    base64(Buffer.from(JSON.stringify(file))).match(new RegExp(`.{1,${pemLineCharacters}}`, 'g')) ?? [];
  return [`-----BEGIN ${currentLabel}-----`, ...lines, `-----END ${currentLabel}-----`, ''].join('\n');
}

/** The PKCS#8 key inside a file of cosign. @throws SealiftError KEY_INVALID, KEY_PASSWORD_WRONG. */
export async function unsealPrivateKey(pem: string, password: string): Promise<Uint8Array> {
  const { kdf, cipher, ciphertext } = parseFile(parsePem(pem, labels, subject).content);
  const salt = Buffer.from(kdf.salt, 'base64');
  const nonce = Buffer.from(cipher.nonce, 'base64');
  if (salt.byteLength !== saltBytes || nonce.byteLength !== nonceBytes) {
    const got = `${salt.byteLength} and ${nonce.byteLength}`;
    throw new SealiftError(
      'KEY_INVALID',
      subject,
      `expected salt and nonce of ${saltBytes} and ${nonceBytes} bytes, got ${got}`,
    );
  }
  const box = await secretBox(await deriveKey(password, salt, kdf.params.N), nonce);
  try {
    return box.decrypt(Buffer.from(ciphertext, 'base64'));
  } catch {
    throw new SealiftError(
      'KEY_PASSWORD_WRONG',
      subject,
      'expected the password it was encrypted with, got another one',
    );
  }
}

function parseFile(content: Uint8Array): z.output<typeof fileSchema> {
  try {
    return conform(fileSchema, parseStrictJson(content), 'key');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : 'expected an encrypted key';
    throw new SealiftError('KEY_INVALID', subject, detail);
  }
}

function deriveKey(password: string, salt: Uint8Array, cost: number): Promise<Uint8Array> {
  const options = { N: cost, r: blockSize, p: parallelism, maxmem: 256 * cost * blockSize };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, boxKeyBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

/** Loaded on use: an agent that only verifies never pays for it. */
async function secretBox(key: Uint8Array, nonce: Uint8Array) {
  const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js');
  return xsalsa20poly1305(key, nonce);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
