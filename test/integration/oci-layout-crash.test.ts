import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ImageLayout, openLayout, sha256 } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const writer = fileURLToPath(new URL('oci-layout-writer.ts', import.meta.url));

let directory: string;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'oci-layout-crash-'));
});

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

interface Writer {
  readonly lines: string[];
  /** After so many acknowledged steps and some milliseconds more. */
  kill(steps: number, ms: number): Promise<void>;
  readonly ended: Promise<void>;
}

/** Whole lines only: a line that was cut was not acknowledged to anybody. */
function startWriter(name: string, rounds?: number): Writer {
  const child = spawn(
    process.execPath,
    [writer, directory, name, ...(rounds === undefined ? [] : [`${rounds}`])],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  running.add(child);
  const lines: string[] = [];
  const waiting: { readonly steps: number; readonly resolve: () => void }[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const { steps, resolve } of waiting) if (lines.length >= steps) resolve();
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      running.delete(child);
      for (const { resolve: stop } of waiting) stop();
      resolve();
    });
  });
  return {
    lines,
    ended,
    kill: async (steps, ms) => {
      await new Promise<void>((resolve) => {
        waiting.push({ steps, resolve });
        if (lines.length >= steps) resolve();
      });
      await new Promise((resolve) => setTimeout(resolve, ms));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Every file of the layout under the name of its content; nothing else in there. */
async function checkNames(): Promise<void> {
  const blobs = join(directory, 'blobs', 'sha256');
  for (const name of await readdir(blobs)) {
    expect(sha256(await readFile(join(blobs, name)))).toBe(`sha256:${name}`);
  }
}

async function readAllBack(lines: readonly string[]): Promise<void> {
  const layout = await openLayout(directory, { missing: 'refuse' });
  for (const line of lines) await readBack(layout, line);
}

async function readBack(layout: ImageLayout, line: string): Promise<void> {
  const [kind, one = '', two = ''] = line.split(' ');
  if (kind === 'tag') {
    const [name = '', tag = ''] = one.split(':');
    expect(await layout.repository(name).resolve(tag)).toMatchObject({ descriptor: { digest: two } });
    return;
  }
  const mediaType =
    kind === 'blob' ? 'application/octet-stream' : 'application/vnd.oci.image.manifest.v1+json';
  const descriptor = { mediaType, digest: one, size: Number(two) };
  let count = 0;
  for await (const chunk of layout.repository().fetch(descriptor)) count += chunk.byteLength;
  expect(count).toBe(descriptor.size);
  expect(await layout.repository().exists(descriptor)).toBe(true);
}

describe('a layout whose writer is killed', () => {
  it('has all that was acknowledged, is named right, and takes the next writer at once', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const child = startWriter(`w${round}`);
      await child.kill(3 + round, round * 1.7);
      expect(child.lines.length).toBeGreaterThanOrEqual(3);
      acknowledged.push(...child.lines);
      await checkNames();
      JSON.parse(await readFile(join(directory, 'index.json'), 'utf8'));
    }
    await readAllBack(acknowledged);
    const startedAt = performance.now();
    const next = startWriter('next', 1);
    await next.ended;
    expect(next.lines).toHaveLength(3);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it.each([0, 1, 2, 4, 8, 16])('is opened again when its creator died %i ms after it began', async (ms) => {
    const child = startWriter('first');
    await expect.poll(async () => (await readdir(directory)).length, { interval: 1 }).toBeGreaterThan(0);
    await child.kill(0, ms);
    const layout = await openLayout(directory);
    expect((await layout.repositories()).length).toBeLessThanOrEqual(1);
    await checkNames();
  });
});

describe('a layout with several writers', () => {
  it('loses no change of any, also when one is killed among them', async () => {
    const victim = startWriter('victim');
    const writers = ['one', 'two'].map((name) => startWriter(name, 12));
    await victim.kill(9, 3);
    await Promise.all(writers.map(({ ended }) => ended));
    for (const { lines } of writers) expect(lines).toHaveLength(36);
    await readAllBack([victim, ...writers].flatMap(({ lines }) => lines));
    await checkNames();
    expect((await readdir(directory)).filter((name) => name.includes('lock')).length).toBeLessThanOrEqual(1);
  });

  it('shows a reader a whole index at any time', async () => {
    const layout = await openLayout(directory);
    const child = startWriter('busy');
    await expect.poll(() => child.lines.length).toBeGreaterThan(9);
    let seen = 0;
    for (const end = performance.now() + 1_500; performance.now() < end; ) {
      const { manifests } = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as {
        manifests: [];
      };
      expect(manifests.length).toBeGreaterThanOrEqual(seen - 1);
      seen = Math.max(seen, manifests.length);
      expect((await layout.repositories()).length).toBeLessThanOrEqual(1);
    }
    expect(seen).toBeGreaterThan(2);
    await child.kill(0, 0);
  });
});
