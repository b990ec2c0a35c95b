import type { AuditEntry } from '../harness/audit-log.ts';
import { counted } from './counted.ts';
import type { Difference } from './differences.ts';

const writing: ReadonlySet<string> = new Set(['create', 'patch', 'update', 'delete']);

/** How often somebody wrote what, as in `patch deployments`; trials and what was refused are no writes. */
export function writesOf(user: string, entries: readonly AuditEntry[]): ReadonlyMap<string, number> {
  const written = entries.filter(
    ({ user: { username }, verb, requestURI, responseStatus }) =>
      username === user &&
      writing.has(verb) &&
      !requestURI.includes('dryRun=') &&
      Math.floor((responseStatus?.code ?? 0) / 100) === 2,
  );
  return counted(written.map(({ verb, objectRef }) => [`${verb} ${objectRef?.resource}`, 1]));
}

/** What is written more often here than there. */
export function surplusWrites(
  there: ReadonlyMap<string, number>,
  here: ReadonlyMap<string, number>,
): readonly Difference[] {
  return [...here]
    .filter(([name, count]) => count > (there.get(name) ?? 0))
    .map(([name, count]) => ({
      what: `writes ${name}`,
      there: String(there.get(name) ?? ''),
      here: String(count),
    }));
}
