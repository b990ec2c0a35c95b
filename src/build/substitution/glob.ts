/** One step of a pattern: any text, any character, or one of a set. */
type Step = 'any' | ((character: string) => boolean);

/** Steps of one pattern. Matching costs steps times characters. */
const maxGlobSteps = 1000;

interface Cursor {
  readonly characters: readonly string[];
  at: number;
}

function one(expected: string): Step {
  return (character) => character === expected;
}

/** A character of a set, perhaps escaped; `undefined` where the set is malformed. */
function setCharacter(cursor: Cursor): string | undefined {
  const character = cursor.characters[cursor.at];
  if (character === undefined || character === '-' || character === ']') return undefined;
  if (character === '\\') cursor.at += 1;
  const taken = cursor.characters[cursor.at];
  cursor.at += 1;
  // A set that the text ends in is malformed.
  return cursor.at < cursor.characters.length ? taken : undefined;
}

function setRange(cursor: Cursor): Step | undefined {
  const low = setCharacter(cursor);
  if (low === undefined) return undefined;
  if (cursor.characters[cursor.at] !== '-') return one(low);
  cursor.at += 1;
  const high = setCharacter(cursor);
  if (high === undefined) return undefined;
  const [from, to] = [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0];
  return (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code >= from && code <= to;
  };
}

function set(cursor: Cursor): Step | undefined {
  const negated = cursor.characters[cursor.at] === '^';
  if (negated) cursor.at += 1;
  const ranges: Exclude<Step, 'any'>[] = [];
  while (cursor.characters[cursor.at] !== ']' || ranges.length === 0) {
    const range = setRange(cursor);
    if (range === undefined || range === 'any') return undefined;
    ranges.push(range);
  }
  cursor.at += 1;
  return (character) => ranges.some((range) => range(character)) !== negated;
}

function step(cursor: Cursor): Step | undefined {
  const character = cursor.characters[cursor.at];
  cursor.at += 1;
  if (character === '*') return 'any';
  if (character === '?') return () => true;
  if (character === '[') return set(cursor);
  if (character !== '\\') return one(character ?? '');
  const escaped = cursor.characters[cursor.at];
  cursor.at += 1;
  return escaped === undefined ? undefined : one(escaped);
}

function parseGlob(characters: readonly string[]): readonly Step[] | undefined {
  if (characters.length > maxGlobSteps) return undefined;
  const cursor: Cursor = { characters, at: 0 };
  const steps: Step[] = [];
  while (cursor.at < characters.length) {
    const next = step(cursor);
    if (next === undefined) return undefined;
    steps.push(next);
  }
  return steps;
}

/** Marks what can be reached without a character: a step behind `*` is as good as the `*` itself. */
function skipAny(steps: readonly Step[], reached: boolean[]): void {
  for (const [index, current] of steps.entries()) {
    if (reached[index] === true && current === 'any') reached[index + 1] = true;
  }
}

function advance(steps: readonly Step[], reached: readonly boolean[], character: string): boolean[] {
  const next: boolean[] = [];
  for (const [index, current] of steps.entries()) {
    if (reached[index] !== true) continue;
    if (current === 'any') next[index] = true;
    else if (current(character)) next[index + 1] = true;
  }
  return next;
}

/**
 * Length of the prefix, in characters, that a shell pattern (`*`, `?`, `[…]`, `\`) matches: the shortest or the longest
 * that is not empty; 0 when there is none or the pattern is malformed. Linear in the text, never backtracking.
 */
export function matchPrefix(
  characters: readonly string[],
  pattern: readonly string[],
  want: 'shortest' | 'longest',
): number {
  const steps = parseGlob(pattern);
  if (steps === undefined) return 0;
  let matched = 0;
  let reached: boolean[] = [true];
  for (const [index, character] of characters.entries()) {
    skipAny(steps, reached);
    reached = advance(steps, reached, character);
    if (reached.length === 0) break;
    const accepted = [...reached];
    skipAny(steps, accepted);
    if (accepted[steps.length] === true) matched = index + 1;
    if (matched > 0 && want === 'shortest') break;
  }
  return matched;
}
