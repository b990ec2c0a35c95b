/** Scopes of one token: what a request needs and what a challenge adds, some few. */
const maxScopes = 16;
const maxScopeLength = 1024;

/** `repository:NAME:ACTIONS`. https://distribution.github.io/distribution/spec/auth/scope/ */
export function repositoryScope(repository: string, actions: readonly string[]): string {
  return `repository:${repository}:${[...actions].sort().join(',')}`;
}

/** The union of what we need and what the challenge asks for, one entry for each resource, ours first: some servers read no other. */
export function mergeScopes(needed: readonly string[], asked: string | undefined): readonly string[] {
  const askedFor = (asked ?? '')
    .split(/\s+/)
    .filter((scope) => scope !== '' && scope.length <= maxScopeLength);
  const merged = new Map<string, Set<string>>();
  for (const scope of [...needed, ...askedFor]) {
    const { resource, actions } = split(scope);
    const known = merged.get(resource) ?? new Set();
    for (const action of actions) known.add(action);
    merged.set(resource, known);
  }
  return [...merged]
    .slice(0, maxScopes)
    .map(([resource, actions]) =>
      actions.size === 0 ? resource : `${resource}:${[...actions].sort().join(',')}`,
    );
}

/** The name between type and actions may hold a colon, so both are split off from their own end. */
function split(scope: string): { readonly resource: string; readonly actions: readonly string[] } {
  const first = scope.indexOf(':');
  const last = scope.lastIndexOf(':');
  if (first === last) return { resource: scope, actions: [] };
  return {
    resource: scope.slice(0, last),
    actions: scope
      .slice(last + 1)
      .split(',')
      .filter((action) => action !== ''),
  };
}
