import dns from 'node:dns';
import { rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trustPlaces } from '../../cmd/sealift/open-trust.ts';
import { loadConfiguration, runUntilStopped } from '../../cmd/sealift/run-agent.ts';
import { importRoot } from '../../src/site/index.ts';
import { signedBundle, workflowSigner } from '../fixtures/offline-bundles.ts';
import { type OfflineSigstore, offlineSigstore, rootJson } from '../fixtures/offline-sigstore.ts';
import { pushBundle } from '../fixtures/signed-artifact.ts';
import { configMapYaml, deliveredFile, type SiteBench, startSiteBench } from './harness/site-bench.ts';

// The whole way with every network but the registry cut: whoever asks for another host, or for a name, makes the test fail.

let bench: SiteBench;
let instance: OfflineSigstore;
let asked: string[];
const { connect } = net.Socket.prototype;
const { lookup } = dns;

interface Wanted {
  readonly host?: string;
  readonly port?: number | string;
}

/** Node hands on what it was given as a list of options and callback. */
function wantedOf([first]: readonly unknown[]): Wanted {
  const given = Array.isArray(first) ? first[0] : first;
  return typeof given === 'object' && given !== null ? given : {};
}

function cutAllBut(port: string): void {
  net.Socket.prototype.connect = function guarded(this: net.Socket, ...call: unknown[]) {
    const wanted = wantedOf(call);
    if (String(wanted.port) !== port) {
      asked.push(`${wanted.host}:${wanted.port}`);
      throw new Error(`${wanted.host}:${wanted.port}: cut`);
    }
    return Reflect.apply(connect, this, call);
  } as typeof connect;
  dns.lookup = ((host: string) => {
    asked.push(host);
    throw new Error(`${host}: cut`);
  }) as unknown as typeof dns.lookup;
}

const identity = { issuer: 'https://ci.test', subject: 'https://ci.test/app/.release.yml@refs/heads/main' };
const byWorkflow = {
  name: 'ci',
  keyless: { identities: [identity], trustedRoot: { name: 'ours' } },
};

function importOurs(of: OfflineSigstore, allowOlder = false): void {
  const content = Buffer.from(JSON.stringify(rootJson(of)));
  importRoot(trustPlaces(bench.state), { name: 'ours', content, from: 'root.json', allowOlder });
}

async function pushSigned(value: string, by = instance): Promise<void> {
  const manifest = await bench.push({ 'a.yaml': configMapYaml('a', value) });
  const signer = await workflowSigner(by.fulcio, identity, { log: by.ctLog });
  await pushBundle(bench.store, manifest, await signedBundle(by, signer, manifest.digest, { logs: 1 }));
}

beforeEach(async () => {
  asked = [];
  bench = await startSiteBench();
  instance = await offlineSigstore();
  importOurs(instance);
  await bench.configure({}, { authorities: [byWorkflow] });
  cutAllBut(new URL(bench.registry.url).port);
});

afterEach(async () => {
  net.Socket.prototype.connect = connect;
  dns.lookup = lookup;
  await bench.close();
  expect(asked).toEqual([]);
});

async function isApplied(): Promise<boolean> {
  await rm(join(bench.target, deliveredFile('a')), { force: true });
  await bench.run();
  return Object.keys(await bench.delivered()).length > 0;
}

describe('with every network but the registry cut', () => {
  it('notices whoever asks for another host', async () => {
    await expect(fetch('http://192.0.2.1/')).rejects.toThrow();
    expect(asked.splice(0)).toEqual(['192.0.2.1:80']);
  });

  it('delivers what a workflow signed without a key, and refuses what another instance vouches for', async () => {
    await pushSigned('good');
    expect((await bench.run()).failures).toEqual([]);
    expect(await isApplied()).toBe(true);
    await pushSigned('evil', await offlineSigstore());
    expect((await bench.run()).failures).toHaveLength(1);
    expect(await bench.delivered()).toEqual({ [deliveredFile('a')]: expect.stringContaining('good') });
  });
});

describe('with the registry gone as well', () => {
  beforeEach(async () => {
    await pushSigned('good');
    await bench.run();
    bench.intercept = (request) => {
      request.socket.destroy();
      return true;
    };
  });

  it('judges by a trusted root that has gained a member, and goes on', async () => {
    const grown = await offlineSigstore();
    importOurs({ ...instance, logs: [instance.logs[0], grown.logs[1]] });
    expect(await isApplied()).toBe(true);
    expect(bench.events).toContainEqual(
      expect.objectContaining({
        kind: 'trust-changed',
        name: 'ours',
        before: expect.stringMatching(/^sha256:/),
        after: expect.stringMatching(/^sha256:/),
      }),
    );
  });

  it('applies nothing any more by a trusted root that knows the instance no more', async () => {
    importOurs(await offlineSigstore());
    expect(await isApplied()).toBe(false);
    expect(bench.events.filter((event) => event.kind === 'failed' && event.stage === 'verify')).toHaveLength(
      1,
    );
  });

  it('tells a trusted root that is damaged, and goes on by what it has judged', async () => {
    const agent = await bench.compose();
    const stop = new AbortController();
    const running = runUntilStopped(
      bench.configuration,
      agent,
      { desired: await loadConfiguration(bench.configuration) },
      stop.signal,
    );
    try {
      await writeDamaged();
      await expect
        .poll(() => bench.events.filter((event) => event.kind === 'failed' && event.code === 'TRUST_INVALID'))
        .toHaveLength(1);
      expect(agent.state.sources.all()[0]?.revoked).toBeUndefined();
    } finally {
      stop.abort();
      await running;
      await agent.close();
    }
  });

  it('is noticed by an agent that runs: what the new root does not vouch for is revoked at once', async () => {
    const agent = await bench.compose();
    const stop = new AbortController();
    const running = runUntilStopped(
      bench.configuration,
      agent,
      { desired: await loadConfiguration(bench.configuration) },
      stop.signal,
    );
    try {
      importOurs(await offlineSigstore());
      await expect.poll(() => agent.state.sources.all()[0]?.revoked).toBe(true);
      expect(bench.events.map(({ kind }) => kind)).toContain('trust-changed');
      importOurs(instance, true);
      await expect.poll(() => agent.state.sources.all()[0]?.revoked).toBeUndefined();
    } finally {
      stop.abort();
      await running;
      await agent.close();
    }
  });
});

async function writeDamaged(): Promise<void> {
  await writeFile(join(trustPlaces(bench.state).directory, 'ours.json'), '{');
}
