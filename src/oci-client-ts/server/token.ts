import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isJsonObject } from '../parse-descriptor.ts';

/** Seconds; a registry that stops takes its tokens with it, and nobody can call one back before. */
export const tokenLifeSeconds: number = 300;

/** Bytes of a token that is looked at; one that names sixteen scopes has a quarter. */
const maxTokenLength = 16 * 1024;

/** Makes and reads tokens that only this object can make. */
export class TokenMint {
  readonly #key = randomBytes(32);

  /** A token for these scopes, from now on. */
  issue(scopes: readonly string[]): string {
    // By the clock that never jumps: the key does not outlive the process either.
    const claims = { until: performance.now() + tokenLifeSeconds * 1000, scopes };
    const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${text}.${this.#sign(text).toString('base64url')}`;
  }

  /** The scopes of a token; undefined when it is not ours or not any more. */
  read(token: string): readonly string[] | undefined {
    if (token.length > maxTokenLength) return undefined;
    const [text = '', signature = ''] = token.split('.');
    const given = Buffer.from(signature, 'base64url');
    const expected = this.#sign(text);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    const claims: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!isJsonObject(claims) || Number(claims.until) <= performance.now()) return undefined;
    return claims.scopes as readonly string[];
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
