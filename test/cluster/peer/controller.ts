import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPeer } from '../../peers/find.ts';
import { definitionsFolder } from '../../peers/peer.ts';
import { ClusterPrograms } from '../harness/cluster-programs.ts';
import type { ClusterUser } from '../harness/cluster-user.ts';
import { shard } from './flux-objects.ts';

/** Gives the API server the real definitions of Flux's kinds, as their modules publish them. */
export async function defineFluxKinds(admin: ClusterUser): Promise<void> {
  const folder = join(dirname(findPeer('kustomize-controller') ?? ''), definitionsFolder);
  const files = readdirSync(folder).map((name) => `--filename=${join(folder, name)}`);
  await admin.kubectl('apply', '--server-side', ...files);
  await admin.kubectl('wait', '--for=condition=established', '--timeout=50s', ...files);
}

/** Starts the real controller. Sources are read without a cache, so that a run sees what was written before it was asked for. */
export async function startController(folder: string, user: ClusterUser): Promise<ClusterPrograms> {
  const programs = new ClusterPrograms(folder);
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const [[key, value] = []] = Object.entries(shard);
  const program = await programs.start(
    'kustomize-controller',
    [
      '--metrics-addr=0',
      '--health-addr=0',
      '--concurrent=8',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
      '--requeue-dependency=1s',
      '--feature-gates=DirectSourceFetch=true,ObjectLevelWorkloadIdentity=true',
      `--watch-label-selector=${key}=${value}`,
    ],
    { KUBECONFIG: user.kubeconfig, RUNTIME_NAMESPACE: 'default', TMPDIR: temporary },
  );
  await program.until(() => program.output.includes('Starting workers'), programs.signal);
  return programs;
}
