import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { describeWithPeers } from '../interop/harness/describe-with-peers.ts';
import { guarded } from './harness/cluster-program.ts';
import { clusterPrograms } from './harness/cluster-programs.ts';
import { processesNaming } from './harness/processes-naming.ts';
import { type RunningCluster, startCluster } from './harness/start-cluster.ts';

describeWithPeers('a cluster of one’s own', clusterPrograms, () => {
  let folder: string;

  // Temporary folders of clusters are made in here, and programs that run name it.
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sealift-clusters-'));
    vi.stubEnv('TMPDIR', folder);
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As long as a test may take. */
  const patiently = { timeout: 200_000 };
  const nothingLeft = { files: [], processes: [] };
  const left = (): object => ({ files: readdirSync(folder), processes: processesNaming(folder) });

  it('starts beside another, keeps its objects when the API server is started again, and leaves nothing', async () => {
    const [first, second] = await Promise.all([startCluster(), startCluster()]);
    const get = async (running: RunningCluster): Promise<number> =>
      (await running.cluster.user('sealift').ask('/api/v1/namespaces/kept')).status;
    await first.cluster.user('admin').kubectl('create', 'namespace', 'kept');
    expect([await get(first), await get(second)]).toEqual([200, 404]);

    const before = first.pids();
    await first.restartApiServer();
    expect(await get(first)).toBe(200);
    expect(first.pids().filter((pid) => before.includes(pid))).toHaveLength(2);
    // The controllers find it again.
    await first.cluster.user('admin').kubectl('delete', 'namespace', 'kept', '--timeout=50s');

    expect(processesNaming(folder)).toHaveLength(6);
    await first.stop();
    expect(processesNaming(folder)).toHaveLength(3);
    await second.stop();
    expect(left()).toEqual(nothingLeft);
  });

  it('that fails to start says which program and why, and leaves nothing', async () => {
    vi.stubEnv('KUBE_APISERVER', '/bin/false');
    await expect(startCluster()).rejects.toThrow('kube-apiserver: expected it to start, got its end (1)');
    expect(left()).toEqual(nothingLeft);
  });

  it('that is no longer wanted while it starts leaves nothing', async () => {
    const stopping = new AbortController();
    const starting = startCluster({ signal: stopping.signal });
    const outcome = expect(starting).rejects.toThrow('not wanted');
    await expect.poll(() => processesNaming(folder).join(' '), patiently).toContain('kube-apiserver');
    stopping.abort(new Error('not wanted'));
    await outcome;
    expect(left()).toEqual(nothingLeft);
  });

  /** `npm run cluster`, once it has printed how to reach the cluster. */
  const startCommand = async () => {
    const child = spawn(execPath, [join(import.meta.dirname, 'start.ts')], {
      env: { ...env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const kubeconfig = /^export KUBECONFIG=(.*)$/.exec(line)?.[1];
      if (kubeconfig !== undefined) return { child, kubeconfig };
    }
    throw new Error('npm run cluster: expected a kubeconfig, got the end of its output');
  };

  it('for a person is there until the command is told to stop', async () => {
    const { child, kubeconfig } = await startCommand();
    expect(existsSync(kubeconfig)).toBe(true);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(left()).toEqual(nothingLeft);
  });

  it.runIf(guarded)('ends with whoever started it, also when that one is killed', async () => {
    const { child } = await startCommand();
    expect(processesNaming(folder).length).toBeGreaterThanOrEqual(3);
    child.kill('SIGKILL');
    await expect.poll(() => processesNaming(folder), patiently).toEqual([]);
  });
});
