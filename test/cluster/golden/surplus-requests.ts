import type { Difference } from './differences.ts';
import type { RecordedRequest } from './requests.ts';

function counted(requests: readonly RecordedRequest[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name, count } of requests) counts.set(name, (counts.get(name) ?? 0) + count);
  return counts;
}

const writes = (requests: readonly RecordedRequest[]): ReadonlyMap<string, number> =>
  counted(requests.filter((request) => request.isWrite));

/** What is written more often here than there. */
export function surplusWrites(
  there: readonly RecordedRequest[],
  here: readonly RecordedRequest[],
): readonly Difference[] {
  const known = writes(there);
  return [...writes(here)]
    .filter(([name, count]) => count > (known.get(name) ?? 0))
    .map(([name, count]) => ({
      what: `writes ${name}`,
      there: String(known.get(name) ?? ''),
      here: String(count),
    }));
}

const sum = (requests: readonly RecordedRequest[]): number =>
  requests.reduce((all, { count }) => all + count, 0);

/** How often it is asked in all, if that is more. */
export function surplusRequests(
  there: readonly RecordedRequest[],
  here: readonly RecordedRequest[],
): readonly Difference[] {
  if (sum(here) <= sum(there)) return [];
  return [{ what: 'requests', there: String(sum(there)), here: String(sum(here)) }];
}
