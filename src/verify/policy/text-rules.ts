import { RE2JS } from 're2js';
import { SealiftError } from '../../core/index.ts';
import type { TextRule } from '../proof/identity-rule.ts';

/** Text that has to read exactly so. @throws RangeError for an empty one: it would be no rule. */
export function exactly(text: string): TextRule {
  if (text === '') throw new RangeError('expected a text, got an empty one');
  return { written: JSON.stringify(text), matches: (found) => found === text };
}

/** A pattern in RE2 syntax that has to match the whole text. @throws SealiftError CONFIG_INVALID. */
export function matching(pattern: string, subject: string): TextRule {
  const compiled = compile(pattern, subject);
  return { written: `/${pattern}/`, matches: (found) => found !== '' && compiled.matches(found) };
}

/** The rule of a text that is written exactly, as a pattern, or not at all. @throws SealiftError CONFIG_INVALID. */
export function textRule(
  text: string | undefined,
  pattern: string | undefined,
  subject: string,
): TextRule | undefined {
  if (text !== undefined) return exactly(text);
  return pattern === undefined ? undefined : matching(pattern, subject);
}

/** A pattern that may match anywhere in the text: what Flux means by one. @throws SealiftError CONFIG_INVALID. */
export function containing(pattern: string, subject: string): TextRule {
  const compiled = compile(pattern, subject);
  return { written: `/${pattern}/ anywhere`, matches: (found) => found !== '' && compiled.test(found) };
}

/** True when a pattern that is looked for anywhere has to match the whole text all the same. Says no where it cannot tell. */
export function isAnchored(pattern: string): boolean {
  const plain = pattern.replaceAll(/\\[^Az]|\[\^?\]?[^\]]*\]/g, 'x');
  return /^(\^|\\A)[\s\S]*(\$|\\z)$/.test(plain) && !hasOuterAlternative(plain);
}

/** `^a|b$` is anchored on one side each: only inside brackets do both anchors hold for every alternative. */
function hasOuterAlternative(plain: string): boolean {
  let depth = 0;
  for (const character of plain) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === '|' && depth === 0) return true;
  }
  return false;
}

function compile(pattern: string, subject: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const detail = `expected a regular expression in RE2 syntax: ${cause instanceof Error ? cause.message : ''}`;
    throw new SealiftError('CONFIG_INVALID', subject, detail, { cause });
  }
}
