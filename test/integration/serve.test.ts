import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openLayout, RemoteRepository, sha256, Transport } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../cmd/sealift/main.ts', import.meta.url));

let directory: string;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sealift-serve-'));
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

function start(...args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [program, 'serve', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface(stdout), 'line')) as [string];
  return line;
}

async function endOf(child: ChildProcess): Promise<{ readonly code: unknown; readonly text: string }> {
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code, text };
}

const index = Buffer.from(
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
);
const descriptor = {
  mediaType: 'application/vnd.oci.image.index.v1+json',
  digest: sha256(index),
  size: index.byteLength,
};

async function push(url: string): Promise<void> {
  await using transport = { value: new Transport(), [Symbol.asyncDispose]: () => transport.value.close() };
  const store = new RemoteRepository({
    host: new URL(url).host,
    repository: 'a/b',
    transport: transport.value,
  });
  await store.push(descriptor, index);
  await store.tag(descriptor, 'v1');
}

describe('sealift serve', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'serves a new directory until %s, and leaves a whole layout',
    async (signal) => {
      const child = start(join(directory, 'layout'), '--address', '127.0.0.1:0');
      const url = await urlOf(child);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      await push(url);
      child.kill(signal);
      expect(await endOf(child)).toEqual({ code: 0, text: '' });
      const layout = await openLayout(join(directory, 'layout'), { missing: 'refuse' });
      expect(await layout.repository('a/b').resolve('v1')).toMatchObject({ kind: 'resolved' });
    },
  );

  it('changes nothing with --read-only', async () => {
    await openLayout(join(directory, 'layout'));
    const url = await urlOf(start(join(directory, 'layout'), '--address', '127.0.0.1:0', '--read-only'));
    await expect(push(url)).rejects.toMatchObject({ details: { status: 405 } });
  });

  it('makes no layout with --read-only', async () => {
    const { code } = await endOf(start(join(directory, 'layout'), '--read-only'));
    expect(code).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it('says that anybody who reaches it may write, away from loopback', async () => {
    const child = start(join(directory, 'layout'), '--address', '0.0.0.0:0');
    const ended = endOf(child);
    await urlOf(child);
    child.kill('SIGTERM');
    expect((await ended).text).toMatch(/^warning: whoever reaches 0\.0\.0\.0:0 may read and write/);
  });

  it.each(['5000', 'localhost', '::1:5000', '127.0.0.1:70000', '127.0.0.1:'])(
    'takes %s for no address',
    async (address) => {
      const { code, text } = await endOf(start(join(directory, 'layout'), '--address', address));
      expect([code, text]).toEqual([2, expect.stringContaining('expected HOST:PORT')]);
    },
  );

  it('says that an address is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { code, text } = await endOf(start(join(directory, 'layout'), '--address', `127.0.0.1:${port}`));
    other.close();
    expect([code, text]).toEqual([2, expect.stringContaining('EADDRINUSE')]);
  });
});
