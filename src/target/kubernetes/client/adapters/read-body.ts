import { SealiftError } from '../../../../core/index.ts';
import type { Answer } from './exchange.ts';

/** An answer was larger than whoever asked has room for. */
export class AnswerTooLarge extends SealiftError {}

/** The body as JSON where it is, else as text. @throws AnswerTooLarge, and what the connection throws. */
export async function readBody({ body, headers }: Answer, limit: number, subject: string): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > limit) {
      throw new AnswerTooLarge(
        'TARGET_FAILED',
        subject,
        `expected an answer of at most ${limit} bytes, got more`,
      );
    }
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (!String(headers['content-type']).startsWith('application/json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new SealiftError('TARGET_FAILED', subject, 'expected an answer in JSON, got something else');
  }
}
