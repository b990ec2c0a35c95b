import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type ImageLayout, OciError, openLayout, type ReadStore } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readableStore } from '../../../test/fixtures/readable-store.ts';
import { pushArtifact } from '../../../test/fixtures/signed-artifact.ts';
import { forgetEvidence } from '../index.ts';
import { keepEvidence } from './kept-evidence.ts';
import { RecordingRepository } from './recording-repository.ts';

let directory: string;
let layout: ImageLayout;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sealift-test-evidence-'));
  layout = await openLayout(directory);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const inForce = `sha256:${'a'.repeat(64)}`;
const over = `sha256:${'b'.repeat(64)}`;
const tagOf = (digest: string, suffix: string): string => `${digest.replace(':', '-')}.${suffix}`;

async function tagged(...tags: readonly string[]): Promise<void> {
  const store = layout.repository('edge/app');
  const { descriptor } = await pushArtifact(store);
  for (const tag of tags) await store.tag(descriptor, tag);
}

describe('evidence that is kept under a tag', () => {
  it('goes with the artifact that it is about, and nothing else goes', async () => {
    const staying = [tagOf(inForce, 'sig'), tagOf(inForce, 'att'), 'current', `${tagOf(over, 'sig')}.old`];
    await tagged(...staying, tagOf(over, 'sig'), tagOf(over, 'att'));
    await forgetEvidence(layout, new Set([inForce]));
    expect((await layout.names()).sort()).toEqual(staying.map((tag) => `edge/app:${tag}`).sort());
  });

  it('stays where another program put it under a name of no repository', async () => {
    await tagged(tagOf(over, 'sig'));
    const file = join(directory, 'index.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('edge/app:', ''));
    await forgetEvidence(await openLayout(directory), new Set());
    expect(readFileSync(file, 'utf8')).toContain(tagOf(over, 'sig'));
  });

  it('goes where nothing is in force', async () => {
    await tagged('current', tagOf(over, 'sig'));
    await forgetEvidence(layout, new Set());
    expect(await layout.names()).toEqual(['edge/app:current']);
  });
});

it.each([
  ['because the registry is away', new OciError('unreachable', 'registry.test', 'it does not answer')],
  ['for a reason of somebody else', Object.assign(new Error('it is invalid'), { code: 'invalid' })],
])('what cannot be read again %s is not left out, as if it were no manifest', async (_why, fault) => {
  const store = createMemoryStore();
  const artifact = await pushArtifact(store);
  const { signal } = new AbortController();
  const away: ReadStore = {
    ...readableStore(store),
    async *fetch() {
      yield* [];
      throw fault;
    },
  };
  const recorded = new RecordingRepository(away);
  const read = async () => {
    for await (const _ of recorded.fetch(artifact.descriptor, { signal }));
  };
  await expect(read()).rejects.toBe(fault);
  const { descriptor: manifest, content } = artifact;
  const kept = { resolved: { revision: 'v1', manifest, content }, evidence: new Set<string>() };
  await expect(keepEvidence(createMemoryStore(), recorded, kept, signal)).rejects.toBe(fault);
});
