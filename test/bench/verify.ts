// Prints what verification costs inside the agent: `npm run bench:verify -- --sources 1000`.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openLayout, serveRegistry } from 'oci-client-ts';
import { stringify } from 'yaml';
import { composeAgent } from '../../cmd/sealift/compose-agent.ts';
import { push } from '../../cmd/sealift/push.ts';
import { loadConfiguration } from '../../cmd/sealift/run-agent.ts';
import { converge } from '../../src/agent/index.ts';
import { generateKeyPair, openPrivateKey } from '../../src/verify/index.ts';
import { attachSignature } from '../fixtures/attach-signature.ts';
import { runReporting } from './run-measured.ts';

const namespace = 'bench';
const password = 'bench';

interface Site {
  readonly host: string;
  readonly sources: number;
  readonly suspend: boolean;
  readonly policies: readonly unknown[];
}

function policy(name: string, repository: string, pems: readonly string[]): unknown {
  return {
    apiVersion: 'sealift.dev/v1alpha1',
    kind: 'VerificationPolicy',
    metadata: { name, namespace },
    spec: {
      match: { repositories: [repository] },
      authorities: pems.map((data, at) => ({ name: `key-${at}`, key: { data } })),
    },
  };
}

async function writeSite(file: string, { host, sources, suspend, policies }: Site): Promise<string> {
  const objects = Array.from({ length: sources }, (_, number) => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'OCIRepository',
    metadata: { name: `app-${number}`, namespace },
    spec: { url: `oci://${host}/app-${number}`, interval: '1h', ref: { tag: 'stable' }, suspend },
  }));
  await writeFile(file, [...objects, ...policies].map((object) => stringify(object)).join('---\n'));
  return file;
}

const { values } = parseArgs({ options: { sources: { type: 'string', default: '1000' } } });
const sources = Number(values.sources);
const folder = await mkdtemp(path.join(tmpdir(), 'sealift-bench-verify-'));
const at = (name: string): string => path.join(folder, name);
const layout = await openLayout(at('registry'));
const registry = await serveRegistry({ layout });
try {
  const host = new URL(registry.url).host;
  const [one, two] = await Promise.all([generateKeyPair(password), generateKeyPair(password)]);
  const privateKey = await openPrivateKey(one.privateKey, password);
  const { signal } = new AbortController();
  await mkdir(at('tree'));
  await writeFile(
    at('tree/objects.yaml'),
    stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }),
  );
  const origin = { source: 'bench', revision: 'v1', created: '1970-01-01T00:00:00Z' };
  for (let number = 0; number < sources; number += 1) {
    const reference = `oci://${host}/app-${number}:stable`;
    const annotations = { number: `${number}` };
    await push(
      { reference, directory: at('tree'), origin: { ...origin, annotations }, insecure: false },
      signal,
    );
    const store = layout.repository(`app-${number}`);
    const found = await store.resolve('stable');
    if (found.kind !== 'resolved') throw new Error(`${reference}: not there`);
    await attachSignature(store, { manifest: found.descriptor, privateKey, created: new Date(0) }, signal);
  }
  const site = { host, sources };
  const first = await writeSite(at('first.yaml'), {
    ...site,
    suspend: false,
    policies: [policy('release', '**', [one.publicKey])],
  });
  const stateDirectory = at('state');
  const target = { kind: 'directory', path: at('delivered') } as const;
  const agent = await composeAgent({ stateDirectory, target, searchPath: '' }, []);
  const { failures } = await converge(agent.parts, await loadConfiguration(first), signal);
  await agent.close();
  if (failures.length > 0)
    throw new Error(`${failures.length} sources failed: ${failures[0]?.error.message}`);
  await registry.close();

  const rotated = policy('release', '**', [two.publicKey, one.publicKey]);
  const second = await writeSite(at('second.yaml'), { ...site, suspend: true, policies: [rotated] });
  const third = await writeSite(at('third.yaml'), {
    ...site,
    suspend: true,
    policies: [rotated, policy('elsewhere', 'elsewhere.example/**', [two.publicKey])],
  });
  const report = await runReporting({
    file: process.execPath,
    args: [path.join(import.meta.dirname, 'verify-child.ts'), second, third, stateDirectory, target.path],
    env: {},
  });
  const { total = 0, after = 0, againMs = 0, againCpuMs = 0, unrelatedMs = 0, checkMs = 0 } = report;
  const { idleRss = 0, peak = 0 } = report;
  console.log('| what | figure |');
  console.log('| --- | --- |');
  console.log(`| one signature checked, P-256 in a bundle, inside the agent | ${checkMs.toFixed(2)} ms |`);
  console.log(`| sources judged again after a policy changed, registry gone | ${after} of ${total} |`);
  console.log(
    `| until the last of them was | ${againMs.toFixed(0)} ms, ${(againMs / total).toFixed(2)} ms each |`,
  );
  console.log(
    `| processor time for it | ${againCpuMs.toFixed(0)} ms, ${(againCpuMs / total).toFixed(2)} ms each |`,
  );
  console.log(`| a policy that matches none of them | ${unrelatedMs.toFixed(0)} ms, none judged |`);
  console.log(
    `| resident at the start, and at most | ${(idleRss / 2 ** 20).toFixed(0)} MiB, ${(peak / 2 ** 20).toFixed(0)} MiB |`,
  );
} finally {
  await registry.close().catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
}
