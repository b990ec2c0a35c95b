import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execPath } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLayout, serveRegistry } from 'oci-client-ts';
import { delivered } from './delivered.ts';
import { imageStart } from './image-start.ts';
import { makeSite, reviseSite, type SiteShape } from './site.ts';

const bundle = path.resolve(import.meta.dirname, '../../dist/sealift.js');

/** What was written just now is waited for, which is no part of a start. */
const stillMs = 6_000;

export interface SiteSize extends SiteShape {
  readonly deliveries: number;
}

interface Started {
  readonly pid: number;
  /** From the start of the agent until everything that it was to deliver was delivered. */
  readonly seconds: number;
}

export interface SiteAgent extends Started {
  /** Another revision of everything: from the configuration that asks for it until all of it is delivered, in seconds. */
  revise(): Promise<number>;
  /** Ends it and starts another one, which finds another revision of one delivery: until that is delivered, in seconds. */
  restart(): Promise<Started>;
}

/** Runs the bundled agent as the image does over a site of that size into a cluster, and ends it when `measure` is done. */
export async function withSiteAgent<T>(
  kubeconfig: string,
  size: SiteSize,
  limitMs: number,
  measure: (agent: SiteAgent) => Promise<T>,
): Promise<T> {
  if (!existsSync(bundle)) throw new Error(`${bundle}: expected the bundle, got none: run \`npm run build\``);
  const folder = await mkdtemp(path.join(tmpdir(), 'sealift-bench-'));
  const registry = await serveRegistry({ layout: await openLayout(path.join(folder, 'registry')) });
  const { host } = new URL(registry.url);
  const bench = new SiteBench({ kubeconfig, folder, host, limitMs, ...size });
  try {
    const started = await bench.begin();
    const [revise, restart] = [() => bench.revise(), () => bench.restart()];
    return await measure({ ...started, revise, restart });
  } finally {
    await bench.stop();
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface BenchSettings extends SiteSize {
  readonly kubeconfig: string;
  readonly folder: string;
  /** Of the registry. */
  readonly host: string;
  readonly limitMs: number;
}

class SiteBench {
  readonly #settings: Required<BenchSettings>;
  #site = '';
  #agent: ChildProcess | undefined;

  constructor(settings: BenchSettings) {
    this.#settings = { objects: 10, interval: '1m', ...settings };
  }

  async begin(): Promise<Started> {
    const { folder, host, deliveries } = this.#settings;
    this.#site = await makeSite(folder, host, deliveries, this.#settings);
    return this.#start(deliveries);
  }

  async revise(): Promise<number> {
    const { deliveries, limitMs } = this.#settings;
    if (!this.#agent?.stdout) throw new Error('the agent does not run');
    const told = delivered(this.#agent.stdout, deliveries, limitMs);
    const [seconds] = await Promise.all([told, this.#push(deliveries, 'good day')]);
    return seconds;
  }

  async restart(): Promise<Started> {
    await this.stop();
    await this.#push(1, 'good evening');
    return this.#start(1);
  }

  async stop(): Promise<void> {
    const agent = this.#agent;
    if (agent !== undefined && agent.exitCode === null && agent.kill()) await once(agent, 'exit');
  }

  #push(deliveries: number, greeting: string): Promise<void> {
    const { folder, host, objects, interval } = this.#settings;
    const revisions = Array.from({ length: deliveries }, (_, number) => {
      return { delivery: `app-${number}`, objects, interval, greeting };
    });
    return reviseSite(folder, host, this.#site, revisions);
  }

  /** Until so many deliveries are told as delivered. */
  async #start(deliveries: number): Promise<Started> {
    const { folder, kubeconfig, limitMs } = this.#settings;
    await sleep(stillMs);
    const places = [
      '--config',
      this.#site,
      '--state-dir',
      path.join(folder, 'state'),
      '--log-format',
      'json',
    ];
    // Certificates that somebody's environment adds to those of Node would be its memory, too.
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    const started = performance.now();
    const image = imageStart();
    const command = [bundle, 'run', ...places, '--target', `kubeconfig:${kubeconfig}`];
    const agent = spawn(execPath, [...image.options, ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: folder,
      env: { ...env, ...image.env },
    });
    this.#agent = agent;
    if (agent.pid === undefined) throw new Error('the agent did not start');
    await delivered(agent.stdout, deliveries, limitMs);
    return { pid: agent.pid, seconds: (performance.now() - started) / 1000 };
  }
}
