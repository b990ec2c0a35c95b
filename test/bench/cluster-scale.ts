import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditMark } from '../cluster/harness/audit-log.ts';
import type { Cluster } from '../cluster/harness/cluster.ts';
import { type SiteSize, withSiteAgent } from './cluster-agent.ts';
import { cpuSeconds, residentMiB } from './process-figures.ts';

export const scaleColumns = [
  'deliveries x objects',
  'delivered after, s',
  'requests',
  'CPU, s',
  'peak resident, MiB',
  'idle: resident, MiB',
  'of it its own, MiB',
  'requests a minute',
  'CPU a minute, s',
] as const;

const deliverLimitMs = 30 * 60_000;

/** One row: a site of that size is delivered into an empty namespace, then nothing happens for a while. */
export async function measureScale(
  cluster: Cluster,
  size: Required<Omit<SiteSize, 'interval'>>,
  idleSeconds: number,
): Promise<readonly (string | number)[]> {
  const user = cluster.user('sealift');
  const asked = async (mark: AuditMark): Promise<number> => {
    const entries = await cluster.audit.since(mark);
    return entries.filter((entry) => entry.user.username === user.name).length;
  };
  const begin = await cluster.audit.mark();
  const row = await withSiteAgent(user.kubeconfig, size, deliverLimitMs, async ({ pid, seconds }) => {
    const requests = await asked(begin);
    const cpu = await cpuSeconds(pid);
    const { peak } = await residentMiB(pid);
    // What ends the delivery, such as the last status, is no part of idling.
    await sleep(10_000);
    const [quiet, cpuBefore, since] = [await cluster.audit.mark(), await cpuSeconds(pid), performance.now()];
    await sleep(idleSeconds * 1000);
    const minutes = (performance.now() - since) / 60_000;
    const idleCpu = ((await cpuSeconds(pid)) - cpuBefore) / minutes;
    const { all, own } = await residentMiB(pid);
    return [seconds, requests, cpu, peak, all, own, (await asked(quiet)) / minutes, idleCpu];
  });
  return [`${size.deliveries} x ${size.objects}`, ...row];
}
