import { Refused } from './refused.ts';

/**
 * Decodes standard base64 with padding, in the one spelling that an encoder writes: no white space, no URL alphabet, no stray bits. The
 * empty text is refused. @throws Refused SIGNATURE_MALFORMED.
 */
export function decodeBase64(text: string, what: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.byteLength === 0 || bytes.toString('base64') !== text) {
    throw new Refused('SIGNATURE_MALFORMED', `${what}: expected base64, got ${text.length} other characters`);
  }
  return bytes;
}
