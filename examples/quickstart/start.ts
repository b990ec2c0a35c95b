import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { chdir } from 'node:process';
import { type ComposedAgent, composeAgent } from '../../cmd/sealift/compose-agent.ts';
import { reportFailure } from '../../cmd/sealift/failure.ts';
import { writeKeyPair } from '../../cmd/sealift/keygen.ts';
import { outputListener } from '../../cmd/sealift/output-listener.ts';
import { push } from '../../cmd/sealift/push.ts';
import { loadConfiguration, runOnce, runUntilStopped, tellLoaded } from '../../cmd/sealift/run-agent.ts';
import { formatStatus, readStatus } from '../../cmd/sealift/status.ts';
import { stopSignal } from '../../cmd/sealift/stop-signal.ts';
import { keySigner, openPrivateKey } from '../../src/verify/index.ts';
import { formatHints } from './hints.ts';
import { places, root } from './places.ts';
import { startRegistry } from './registry.ts';
import { writeSite } from './site.ts';

/** The key of the quickstart is for nothing else, so it has no password. */
const password = '';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function ensureKeyPair(): Promise<void> {
  if (existsSync(`${places.key}.key`)) return;
  await writeKeyPair(places.key, password);
  say(`key      made ${places.key}.key and ${places.key}.pub`);
}

/** What a team does in CI: pack, push, sign. */
async function publish(host: string, signal: AbortSignal): Promise<void> {
  const reference = `oci://${host}/hello-edge:stable`;
  const origin = {
    source: 'https://example.com/hello-edge',
    revision: 'v1',
    created: '1970-01-01T00:00:00Z',
    annotations: {},
  };
  const key = await openPrivateKey(await readFile(`${places.key}.key`, 'utf8'), password);
  const signing = { signer: keySigner(key), annotations: {} };
  const { digest, signature } = await push(
    { reference, directory: places.application, origin, insecure: false, signing },
    signal,
  );
  say(
    `push     ${reference} is ${digest.slice(0, 19)}, ${signature === 'added' ? 'signed' : 'signed before'}`,
  );
}

/** What a site does: everything between the registry and the delivered files. */
async function deliver(agent: ComposedAgent, host: string, signal: AbortSignal): Promise<void> {
  const desired = await loadConfiguration(places.site);
  tellLoaded(agent, desired);
  const { failures } = await runOnce(agent, desired, signal);
  say(`\n${formatStatus(readStatus(places.state), 'table')}`);
  say(`Delivered to ${places.delivered}\n`);
  if (process.argv.includes('--once') || failures.length > 0) return;
  say(formatHints(host));
  await runUntilStopped(places.site, agent, { desired }, signal);
}

/** Publisher, registry and site, in the order in which they would come to be. */
async function play(agent: ComposedAgent, signal: AbortSignal): Promise<void> {
  const registry = await startRegistry();
  const { host } = new URL(registry.url);
  say(`registry ${registry.url}, from the image layout ${places.registry}`);
  try {
    await ensureKeyPair();
    await publish(host, signal);
    await writeSite(host, await readFile(`${places.key}.pub`, 'utf8'));
    await deliver(agent, host, signal);
  } finally {
    await registry.close();
  }
}

async function main(): Promise<void> {
  chdir(root);
  const signal = stopSignal();
  await mkdir(places.home, { recursive: true });
  const settings = {
    stateDirectory: places.state,
    target: { kind: 'directory', path: places.delivered } as const,
    searchPath: process.env['PATH'] ?? '',
  };
  // First of all, since it takes the lock: a second quickstart must not touch what the first one uses.
  const agent = await composeAgent(settings, [outputListener('text')]);
  try {
    await play(agent, signal);
  } finally {
    await agent.close();
  }
}

await main().catch(reportFailure);
