import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { chdir } from 'node:process';
import { composeAgent } from '../../cmd/sealift/compose-agent.ts';
import { reportFailure } from '../../cmd/sealift/failure.ts';
import { writeKeyPair } from '../../cmd/sealift/keygen.ts';
import { outputListener } from '../../cmd/sealift/output-listener.ts';
import { push } from '../../cmd/sealift/push.ts';
import { loadConfiguration, runOnce, runUntilStopped } from '../../cmd/sealift/run-agent.ts';
import { formatStatus, readStatus } from '../../cmd/sealift/status.ts';
import { stopSignal } from '../../cmd/sealift/stop-signal.ts';
import { openPrivateKey } from '../../src/verify/index.ts';
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
  const signKey = await openPrivateKey(await readFile(`${places.key}.key`, 'utf8'), password);
  const { digest, signature } = await push(
    { reference, directory: places.application, origin, insecure: false, signKey },
    signal,
  );
  say(
    `push     ${reference} is ${digest.slice(0, 19)}, ${signature === 'added' ? 'signed' : 'signed before'}`,
  );
}

/** What a site does: everything between the registry and the delivered files. */
async function deliver(host: string, once: boolean, signal: AbortSignal): Promise<void> {
  const settings = {
    stateDirectory: places.state,
    targetDirectory: places.delivered,
    searchPath: process.env['PATH'] ?? '',
  };
  const desired = await loadConfiguration(places.site);
  const agent = await composeAgent(settings, [outputListener('text')]);
  try {
    const { failures } = await runOnce(agent, desired, signal);
    say(`\n${formatStatus(readStatus(places.state), 'table')}`);
    say(`Delivered to ${places.delivered}\n`);
    if (once || failures.length > 0) return;
    say(formatHints(host));
    await runUntilStopped(places.site, agent, desired, signal);
  } finally {
    await agent.close();
  }
}

async function main(): Promise<void> {
  chdir(root);
  const signal = stopSignal();
  await mkdir(places.home, { recursive: true });
  const registry = await startRegistry();
  const { host } = new URL(registry.url);
  say(`registry ${registry.url}, from the image layout ${places.registry}`);
  try {
    await ensureKeyPair();
    await publish(host, signal);
    await writeSite(host, await readFile(`${places.key}.pub`, 'utf8'));
    await deliver(host, process.argv.includes('--once'), signal);
  } finally {
    await registry.close();
  }
}

await main().catch(reportFailure);
