import { OciError } from '../errors.ts';

export interface Token {
  readonly value: string;
  /** Milliseconds from receipt. */
  readonly lifetimeMs: number;
  /** Shown instead of the identity token from now on, where a server gives each but once. */
  readonly refreshToken?: string;
}

/** A server may not grant less, and one that does not say grants this. https://distribution.github.io/distribution/spec/auth/token/ */
const minLifetimeSeconds = 60;
/** A day: even a token said to live for years is asked for anew, so that a withdrawn right ends. */
const maxLifetimeSeconds = 24 * 60 * 60;
/** Headers above 16 to 64 KiB are refused by the servers that would have to read this one. */
const maxTokenLength = 32 * 1024;
const tokenGrammar = /^[\x21-\x7e]+$/;

/** Reads a token server's answer. The clock of the server plays no part: a lifetime counts from receipt. @throws OciError `protocol`. */
export function parseTokenReply(content: Uint8Array, subject: string): Token {
  const reply = parseObject(content, subject);
  const value = [reply.token, reply.access_token].find((found) => typeof found === 'string' && found !== '');
  if (typeof value !== 'string') throw new OciError('protocol', subject, 'expected a token, got none');
  if (value.length > maxTokenLength || !tokenGrammar.test(value)) {
    throw new OciError(
      'protocol',
      subject,
      `expected a token of at most ${maxTokenLength} printable characters, got ${value.length} characters`,
    );
  }
  return { value, lifetimeMs: lifetime(reply.expires_in) * 1000, ...refreshIn(reply.refresh_token) };
}

/** One that cannot be a token is none: the token that was asked for is there all the same. */
function refreshIn(found: unknown): Pick<Token, 'refreshToken'> {
  const isToken = typeof found === 'string' && found.length <= maxTokenLength && tokenGrammar.test(found);
  return isToken ? { refreshToken: found } : {};
}

function lifetime(seconds: unknown): number {
  if (typeof seconds !== 'number' || Number.isNaN(seconds)) return minLifetimeSeconds;
  return Math.min(Math.max(seconds, minLifetimeSeconds), maxLifetimeSeconds);
}

function parseObject(content: Uint8Array, subject: string): Readonly<Record<string, unknown>> {
  try {
    const reply: unknown = JSON.parse(new TextDecoder().decode(content));
    if (typeof reply === 'object' && reply !== null) return reply as Readonly<Record<string, unknown>>;
  } catch {
    // The parser's message may quote a token.
  }
  throw new OciError('protocol', subject, `expected a token in JSON, got ${content.byteLength} other bytes`);
}
