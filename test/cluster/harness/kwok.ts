import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { ClusterPrograms } from './cluster-programs.ts';
import type { ClusterUser } from './cluster-user.ts';
import { kwokConfiguration } from './kwok-stages.ts';

/** The one node. There is no scheduler: Pods that are to run name it in `spec.nodeName`. */
const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'kwok', labels: { 'kubernetes.io/hostname': 'kwok', 'kubernetes.io/os': 'linux' } },
};

const nodeStatus = z.object({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional() }),
});

/** Starts what plays the kubelet of one node. Resolves when the node is ready. */
export async function startKwok(programs: ClusterPrograms, user: ClusterUser): Promise<void> {
  const file = join(programs.folder, 'kwok.yaml');
  writeFileSync(file, kwokConfiguration());
  const program = await programs.start('kwok', [
    `--config=${file}`,
    `--kubeconfig=${user.kubeconfig}`,
    '--manage-single-node=kwok',
    // Renews its lease: without, the controllers would take the node for dead after a minute.
    '--node-lease-duration-seconds=40',
    '--cidr=10.1.0.0/16',
  ]);
  const { status } = await user.ask('/api/v1/nodes', { method: 'POST', body: node });
  if (status !== 201) throw new Error(`node kwok: expected status 201, got ${status}`);
  await program.until(() => isReady(user), programs.signal);
}

async function isReady(user: ClusterUser): Promise<boolean> {
  const { body } = await user.ask('/api/v1/nodes/kwok');
  const conditions = nodeStatus.parse(body).status.conditions ?? [];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
