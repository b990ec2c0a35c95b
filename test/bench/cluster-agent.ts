import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execPath } from 'node:process';
import { openLayout, serveRegistry } from 'oci-client-ts';
import { delivered } from './delivered.ts';
import { makeSite } from './site.ts';

const bundle = path.resolve(import.meta.dirname, '../../dist/sealift.js');

export interface SiteSize {
  readonly deliveries: number;
  /** Of each delivery. */
  readonly objects: number;
}

export interface SiteAgent {
  readonly pid: number;
  /** From its start until everything was delivered, in seconds. */
  readonly seconds: number;
}

/** Runs the bundled agent over a site of that size into a cluster, and ends it when `measure` is done. */
export async function withSiteAgent<T>(
  kubeconfig: string,
  { deliveries, objects }: SiteSize,
  limitMs: number,
  measure: (agent: SiteAgent) => Promise<T>,
): Promise<T> {
  if (!existsSync(bundle)) throw new Error(`${bundle}: expected the bundle, got none: run \`npm run build\``);
  const folder = await mkdtemp(path.join(tmpdir(), 'sealift-bench-'));
  const registry = await serveRegistry({ layout: await openLayout(path.join(folder, 'registry')) });
  let agent: ChildProcess | undefined;
  try {
    const site = await makeSite(folder, new URL(registry.url).host, deliveries, objects);
    const started = performance.now();
    const places = ['--config', site, '--state-dir', path.join(folder, 'state'), '--log-format', 'json'];
    agent = spawn(execPath, [bundle, 'run', ...places, '--target', `kubeconfig:${kubeconfig}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: folder,
    });
    if (agent.stdout === null || agent.pid === undefined) throw new Error('the agent did not start');
    await delivered(agent.stdout, deliveries, limitMs);
    return await measure({ pid: agent.pid, seconds: (performance.now() - started) / 1000 });
  } finally {
    if (agent !== undefined && agent.exitCode === null && agent.kill()) await once(agent, 'exit');
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  }
}
