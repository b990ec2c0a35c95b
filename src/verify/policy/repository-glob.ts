/**
 * Matches a repository name against a glob: `*` stands for any characters within a segment, `**` for any characters across segments, all
 * else for itself. Walks the set of places in the pattern that are reachable, so the work is pattern length times name length at most.
 */
export function matchesGlob(glob: string, name: string): boolean {
  const parts = parseGlob(glob);
  let reached = withSkippedStars(parts, new Set([0]));
  for (const character of name) {
    reached = withSkippedStars(parts, step(parts, reached, character));
  }
  return reached.has(parts.length);
}

type Part =
  | { readonly kind: 'character'; readonly character: string }
  | { readonly kind: 'star'; readonly acrossSegments: boolean };

function parseGlob(glob: string): readonly Part[] {
  return Array.from(glob.matchAll(/\*+|[^*]/gsu), ([text]) =>
    text.startsWith('*')
      ? { kind: 'star', acrossSegments: text.length > 1 }
      : { kind: 'character', character: text },
  );
}

function step(parts: readonly Part[], reached: ReadonlySet<number>, character: string): Set<number> {
  const next = new Set<number>();
  for (const at of reached) {
    const part = parts[at];
    if (part?.kind === 'character' && part.character === character) next.add(at + 1);
    if (part?.kind === 'star' && (part.acrossSegments || character !== '/')) next.add(at);
  }
  return next;
}

/** A star may also stand for nothing. */
function withSkippedStars(parts: readonly Part[], reached: Set<number>): Set<number> {
  for (const at of reached) {
    if (parts[at]?.kind === 'star') reached.add(at + 1);
  }
  return reached;
}
