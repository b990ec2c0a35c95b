import { SeededRandom } from '../chaos/random.ts';
import { credentialsIn } from '../cluster/faults/fault-site.ts';
import type { Cluster } from '../cluster/harness/cluster.ts';
import type { ClusterUser } from '../cluster/harness/cluster-user.ts';
import { withSiteAgent } from './cluster-agent.ts';
import { WatchedValues } from './watched-values.ts';

export const driftColumns = [
  'what another hand did',
  'times',
  'median, ms',
  '99 %, ms',
  'at most, ms',
] as const;

const limitMs = 600_000;
const repairLimitMs = 60_000;
const collection = '/api/v1/namespaces/default/configmaps';
const key = 'greeting';
const ways = ['change', 'removal of a field', 'deletion'] as const;
type Way = (typeof ways)[number];

/** Rows: from the moment at which somebody asks for a change until a watch of theirs shows the object as it was; each object once. */
export async function measureDrift(
  cluster: Cluster,
  edits: number,
  seed: number,
): Promise<readonly (readonly (string | number)[])[]> {
  const random = new SeededRandom(seed);
  const admin = cluster.user('admin');
  const size = { deliveries: 1, objects: edits };
  const times = await withSiteAgent(cluster.user('sealift').kubeconfig, size, limitMs, async () => {
    const seen = new WatchedValues(key);
    await seen.open(credentialsIn(admin.kubeconfig), collection);
    const measured: (readonly [Way, number])[] = [];
    for (let number = 0; number < edits; number += 1) {
      const way = random.pick(ways);
      measured.push([way, await repair(admin, seen, number, way)]);
    }
    seen.close();
    return measured;
  });
  const rows = ways.map((way): [string, readonly number[]] => [
    way,
    times.flatMap(([one, ms]) => (one === way ? [ms] : [])),
  ]);
  return [...rows, ['all', times.map(([, ms]) => ms)] as const].map(([name, all]) => row(name, all));
}

async function repair(admin: ClusterUser, seen: WatchedValues, number: number, way: Way): Promise<number> {
  const path = `${collection}/app-0-${number}`;
  const body = (await admin.ask(path)).body as { readonly data: Readonly<Record<string, string>> };
  const { [key]: value = '', ...rest } = body.data;
  const repaired = seen.repaired(path, value, repairLimitMs);
  const began = performance.now();
  const data = way === 'change' ? { ...rest, [key]: 'edited' } : rest;
  const { status } = await (way === 'deletion'
    ? admin.ask(path, { method: 'DELETE' })
    : admin.ask(path, { method: 'PUT', body: { ...body, data } }));
  if (status !== 200) throw new Error(`${path}: expected status 200, got ${status}`);
  return (await repaired) - began;
}

function row(name: string, all: readonly number[]): readonly (string | number)[] {
  const sorted = all.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
  return [name, `${sorted.length}`, at(0.5), at(0.99), at(1)];
}
