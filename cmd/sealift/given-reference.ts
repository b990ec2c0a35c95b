import { resolve } from 'node:path';
import { OciError, parseReference, type Reference } from 'oci-client-ts';
import { SealiftError } from '../../src/core/index.ts';

/**
 * Reads a reference that a person wrote; a path in it becomes absolute, since policies know layouts by their paths. The error never repeats it as it stands: there may be a password in it.
 * @throws SealiftError REFERENCE_INVALID.
 */
export function parseGivenReference(text: string): Reference {
  try {
    return absolute(parseReference(text));
  } catch (thrown) {
    if (!(thrown instanceof OciError)) throw thrown;
    const detail = thrown.message.slice(`${thrown.subject}: `.length);
    throw new SealiftError('REFERENCE_INVALID', thrown.subject, detail, { cause: thrown });
  }
}

function absolute(reference: Reference): Reference {
  switch (reference.kind) {
    case 'registry':
      return reference;
    case 'layout':
      return { ...reference, directory: resolve(reference.directory) };
    case 'archive':
      return { ...reference, file: resolve(reference.file) };
    default:
      return reference satisfies never;
  }
}
