// A site whose sources are judged again after a policy changed, with the registry gone; reports by a line of JSON.
import { setTimeout as sleep } from 'node:timers/promises';
import { createMemoryStore, maxManifestBytes, openLayout, parseManifest, readAll } from 'oci-client-ts';
import { composeAgent } from '../../cmd/sealift/compose-agent.ts';
import { loadConfiguration } from '../../cmd/sealift/run-agent.ts';
import { Engine } from '../../src/agent/index.ts';
import { localRepository } from '../../src/source/index.ts';
import { createVerifyStage } from '../../src/verify/index.ts';

const [configuration = '', unrelated = '', stateDirectory = '', targetDirectory = ''] = process.argv.slice(2);
const limitMs = 120_000;
const checks = 2_000;
const { signal } = new AbortController();

const agent = await composeAgent(
  { stateDirectory, target: { kind: 'directory', path: targetDirectory }, searchPath: '' },
  [],
);
const { parts, state } = agent;
const desired = await loadConfiguration(configuration);
const other = await loadConfiguration(unrelated);
const total = desired.sources.length;
const idleRss = process.memoryUsage.rss();

const bases = new Map(
  desired.sources.map((one) => [one.metadata.name, parts.stages.standing.basis(one, desired)]),
);

/** Sources that stand under the policies of now. */
function judged(): number {
  return state.sources.all().filter(({ name, basis, revoked }) => basis === bases.get(name) && !revoked)
    .length;
}

const before = judged();
const stop = new AbortController();
const started = performance.now();
const spent = process.cpuUsage();
const engine = new Engine(parts, desired);
const done = engine.run(stop.signal);
while (judged() < total && performance.now() - started < limitMs) await sleep(20);
const againMs = performance.now() - started;
const { user, system } = process.cpuUsage(spent);
const againCpuMs = (user + system) / 1000;
const after = judged();

// Another policy, which matches none of them: nothing is judged.
const replaced = performance.now();
engine.replace(other);
const unrelatedMs = performance.now() - replaced;
stop.abort();
await done;

// One signature checked once more and once more, out of memory, and no verdict remembered.
const [source] = desired.sources;
if (source === undefined) throw new Error('no source');
const { revision = '' } = state.sources.find(source.metadata.namespace, source.metadata.name)?.layer ?? {};
const layout = await openLayout(`${stateDirectory}/layout`);
const store = layout.repository(localRepository(source.metadata));
const found = await store.resolve(revision.slice(revision.lastIndexOf('@') + 1));
if (found.kind !== 'resolved') throw new Error('not in the layout');
const memory = createMemoryStore();
await memory.push(found.descriptor, found.content);
for await (const referrer of store.referrers(found.descriptor)) {
  const content = await readAll(store.fetch(referrer), maxManifestBytes, referrer.digest);
  const manifest = parseManifest(content, referrer.mediaType);
  if (manifest.kind === 'image')
    for (const layer of manifest.layers) await memory.push(layer, store.fetch(layer));
  await memory.push(referrer, content);
}
const stage = createVerifyStage({ openRepository: () => memory });
const resolved = { revision, manifest: found.descriptor, content: found.content };
for (let number = 0; number < 100; number += 1) await stage.verify({ source, desired, resolved }, signal);
const checking = performance.now();
for (let number = 0; number < checks; number += 1) await stage.verify({ source, desired, resolved }, signal);
const checkMs = (performance.now() - checking) / checks;

await agent.close();
const peak = process.resourceUsage().maxRSS * 1024;
process.stdout.write(
  `${JSON.stringify({ total, before, after, againMs, againCpuMs, unrelatedMs, checkMs, idleRss, peak })}\n`,
);
process.exit(after === total && before === 0 ? 0 : 1);
