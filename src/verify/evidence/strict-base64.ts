import * as z from 'zod';
import { Refused } from './refused.ts';

/** The largest honest text, a log entry of an attestation with its certificate chain, has a few kilobytes. */
const maxTextCharacters = 128 * 1024;

/** A text of standard base64 as `decodeBase64` reads it; left as text. */
export const base64Schema = z
  .string()
  .max(maxTextCharacters)
  .refine((text) => decoded(text) !== undefined, 'expected base64');

/**
 * Decodes standard base64 with padding, in the one spelling that an encoder writes: no white space, no URL alphabet, no stray bits. The
 * empty text is refused. @throws Refused SIGNATURE_MALFORMED.
 */
export function decodeBase64(text: string, what: string): Uint8Array {
  const bytes = decoded(text);
  if (bytes === undefined) {
    throw new Refused('SIGNATURE_MALFORMED', `${what}: expected base64, got ${text.length} other characters`);
  }
  return bytes;
}

function decoded(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.byteLength === 0 || bytes.toString('base64') !== text ? undefined : bytes;
}
