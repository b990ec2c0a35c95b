import { OciError, parseReference, type Reference } from 'oci-client-ts';
import { SealiftError } from '../../src/core/index.ts';

/**
 * Reads a reference that a person wrote. The error never repeats it as it stands: there may be a password in it.
 * @throws SealiftError REFERENCE_INVALID.
 */
export function parseGivenReference(text: string): Reference {
  try {
    return parseReference(text);
  } catch (thrown) {
    if (!(thrown instanceof OciError)) throw thrown;
    const detail = thrown.message.slice(`${thrown.subject}: `.length);
    throw new SealiftError('REFERENCE_INVALID', thrown.subject, detail, { cause: thrown });
  }
}
