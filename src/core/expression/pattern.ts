import { RE2JS } from 're2js';

/** Patterns of policies and checks, which are few; beyond this many they are compiled again, so that those of former ones do not stay. */
const maxPatterns = 1024;

const patterns = new Map<string, RE2JS>();

/**
 * A pattern in RE2 syntax. Compiling takes a thousand times longer than most texts take, and a rule over a bill of materials asks for it at
 * every member. Throws for what is no pattern.
 */
export function compiledPattern(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  if (patterns.size >= maxPatterns) patterns.clear();
  const fresh = RE2JS.compile(pattern);
  patterns.set(pattern, fresh);
  return fresh;
}
