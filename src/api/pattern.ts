import { RE2JS } from 're2js';
import * as z from 'zod';

/** A text that a rule compares with: longer ones are no names. */
export const maxTextLength: number = 2048;

/**
 * A pattern that has to match a whole text, in RE2 syntax, so that none takes more than linear time. A dot that stands for any one character is
 * refused: `github.com` as a pattern also matches `github-com`, which is another host. https://github.com/google/re2/wiki/Syntax
 */
export const patternSchema = z
  .string()
  .min(1)
  .max(maxTextLength)
  .refine(isPattern, 'expected a regular expression in RE2 syntax')
  .refine(
    (pattern) => looseDot(pattern) === undefined,
    'expected \\. for a dot, or a repetition such as .* for anything, got . alone',
  );

/** A regular expression in RE2 syntax. */
export function isPattern(text: string): boolean {
  try {
    RE2JS.compile(text);
    return true;
  } catch {
    return false;
  }
}

/** Quoted text, an escaped character, a class of characters, a repeated dot; or what is looked for: a dot alone. */
const parts =
  /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?[a-z]+:\]|[^\]\\])*\]|\.(?=[*+?{])|(\.)/g;

function looseDot(pattern: string): number | undefined {
  for (const part of pattern.matchAll(parts)) {
    if (part[1] !== undefined) return part.index;
  }
  return undefined;
}
