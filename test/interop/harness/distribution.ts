import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { LiveRegistry } from './live-registry.ts';
import { peerProgram, type Workshop } from './workshop.ts';

const START_LIMIT_MS = 20_000;

/** The CNCF registry, which has no referrers API: clients must fall back to tags. */
export async function startDistribution(workshop: Workshop): Promise<LiveRegistry> {
  const file = workshop.path('distribution', 'registry.yaml');
  writeFileSync(file, JSON.stringify(registryConfig(workshop.path('distribution', 'storage'))));
  const child = spawn(peerProgram('registry'), ['serve', file], {
    env: workshop.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    return { host: await announcedAddress(child.stderr), close: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** Port 0: the kernel picks a free one, so that no two tests race for it. YAML reads JSON. */
function registryConfig(storage: string): unknown {
  return {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', secret: 'interop' },
  };
}

/** The log is the one place where the registry tells the port it got; read on, so that its pipe never fills. */
async function announcedAddress(log: Readable): Promise<string> {
  const seen: string[] = [];
  const lines = createInterface({ input: log, signal: AbortSignal.timeout(START_LIMIT_MS) });
  for await (const line of lines) {
    seen.push(line);
    const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (address === undefined) continue;
    log.resume();
    return address;
  }
  throw new Error(`registry: expected its address within ${START_LIMIT_MS} ms, got\n${seen.join('\n')}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}
