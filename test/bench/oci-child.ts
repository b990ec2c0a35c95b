// A process of its own for each figure of oci.ts, so that nothing else is in its memory. Reads its order as JSON from the first argument, writes
// one line of JSON. $OCI_CLIENT names the compiled package.
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as Client from 'oci-client-ts';

interface Order {
  readonly act: 'import' | 'poll' | 'pull' | 'copy';
  readonly host: string;
  readonly tls: boolean;
  readonly repositories: readonly string[];
  readonly to: string;
}

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
const parallelPolls = 8;

function memory(): { readonly resident: number; readonly peak: number } {
  const status = readFileSync('/proc/self/status', 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  return { resident: field('VmRSS'), peak: field('VmHWM') };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

let requests = 0;
subscribe('undici:request:create', () => {
  requests += 1;
});

const before = memory().resident;
const started = performance.now();
const client: typeof Client = await import(process.env.OCI_CLIENT ?? '');
const importMs = performance.now() - started;
const importBytes = memory().resident - before;

const transport = new client.Transport({ plainHttp: !order.tls });
const at = (repository: string): Client.RemoteRepository =>
  new client.RemoteRepository({ host: order.host, repository, transport });

/** Tells the parent to read its counters, and gives it the time to. */
async function mark(name: string): Promise<void> {
  process.stdout.write(`${JSON.stringify({ mark: name })}\n`);
  await sleep(150);
}

async function pollAll(known: Map<string, Client.Validator>): Promise<number> {
  const waiting = [...order.repositories];
  let unchanged = 0;
  const work = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const validator = known.get(name);
      const found = await at(name).resolve('v1', validator === undefined ? {} : { known: validator });
      known.set(name, found.validator);
      if (found.kind === 'unchanged') unchanged += 1;
    }
  };
  await Promise.all(Array.from({ length: parallelPolls }, work));
  return unchanged;
}

async function poll(): Promise<object> {
  const known = new Map<string, Client.Validator>();
  await pollAll(known);
  await pollAll(known);
  await mark('warm');
  const [cpu, sent, begun] = [cpuMs(), requests, performance.now()];
  const unchanged = await pollAll(known);
  const cost = {
    wallMs: performance.now() - begun,
    cpuMs: cpuMs() - cpu,
    requests: requests - sent,
    unchanged,
  };
  await mark('polled');
  return cost;
}

async function layerOf(repository: Client.RemoteRepository): Promise<Client.Descriptor> {
  const found = await repository.resolve('v1');
  if (found.kind === 'unchanged') throw new Error('expected a manifest');
  const manifest = client.parseManifest(found.content, found.descriptor.mediaType);
  const layer = manifest.kind === 'image' ? manifest.layers[0] : undefined;
  if (layer === undefined) throw new Error('expected a layer');
  return layer;
}

/** The connection is warm and all code has run once before the clock starts: the rest is the blob. */
async function pull(): Promise<object> {
  const repository = at(order.repositories[0] ?? '');
  const layer = await layerOf(repository);
  const [idle, cpu, begun] = [memory().resident, cpuMs(), performance.now()];
  await writeFile(order.to, repository.fetch(layer, { lend: true }));
  return { idle, wallMs: performance.now() - begun, cpuMs: cpuMs() - cpu, peak: memory().peak };
}

async function copy(): Promise<object> {
  const repository = at(order.repositories[0] ?? '');
  await repository.resolve('v1');
  const layout = await client.openLayout(order.to);
  const [idle, cpu, begun] = [memory().resident, cpuMs(), performance.now()];
  await client.copy(repository, layout.repository(), 'v1');
  return { idle, wallMs: performance.now() - begun, cpuMs: cpuMs() - cpu, peak: memory().peak };
}

const acts = { import: async () => ({}), poll, pull, copy };
const cost = await acts[order.act]();
await transport.close();
process.stdout.write(
  `${JSON.stringify({ importMs, importBytes, ...cost, resident: memory().resident, peak: memory().peak })}\n`,
);
