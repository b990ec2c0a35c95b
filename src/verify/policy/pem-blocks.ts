import { SealiftError } from '../../core/index.ts';

/** A set of keys or authorities that somebody keeps by hand; each costs a parse whenever a policy is read. */
const maxBlocks = 64;

const block = /-----BEGIN [A-Z0-9 ]+-----[^-]+-----END [A-Z0-9 ]+-----/g;

/** The PEM blocks of a text that holds nothing else but white space, each to be read by itself. @throws SealiftError KEY_INVALID. */
export function splitPem(text: string, subject: string): readonly string[] {
  const blocks = text.match(block) ?? [];
  if (blocks.length === 0 || text.replaceAll(block, '').trim() !== '') {
    throw new SealiftError('KEY_INVALID', subject, 'expected PEM blocks and nothing else');
  }
  if (blocks.length > maxBlocks) {
    throw new SealiftError(
      'KEY_INVALID',
      subject,
      `expected at most ${maxBlocks} PEM blocks, got ${blocks.length}`,
    );
  }
  return blocks;
}
