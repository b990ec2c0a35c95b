import type { Cluster } from '../cluster/harness/cluster.ts';
import { type SiteSize, withSiteAgent } from './cluster-agent.ts';
import { cpuSeconds } from './process-figures.ts';

export const rolloutColumns = ['what', 'deliveries', 'delivered after, s', 'requests', 'CPU, s'] as const;

const limitMs = 30 * 60_000;

/** Rows: a site is delivered, then another revision of all of it, then one of one delivery to an agent that was started again. */
export async function measureRollout(
  cluster: Cluster,
  size: SiteSize,
): Promise<readonly (readonly (string | number)[])[]> {
  const user = cluster.user('sealift');
  const begin = await cluster.audit.mark();
  const asked = async (): Promise<number> => {
    const entries = await cluster.audit.since(begin);
    return entries.filter((entry) => entry.user.username === user.name).length;
  };
  return withSiteAgent(user.kubeconfig, size, limitMs, async ({ pid, seconds, revise, restart }) => {
    const count = `${size.deliveries}`;
    const [first, firstCpu] = [await asked(), await cpuSeconds(pid)];
    const revised = await revise();
    const [second, secondCpu] = [await asked(), await cpuSeconds(pid)];
    const again = await restart();
    return [
      ['from empty', count, seconds, first, firstCpu],
      ['another revision of all', count, revised, second - first, secondCpu - firstCpu],
      [
        'restart, another revision of one',
        count,
        again.seconds,
        (await asked()) - second,
        await cpuSeconds(again.pid),
      ],
    ];
  });
}
