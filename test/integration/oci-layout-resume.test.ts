import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLayout } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobOf, imageOf } from '../fakes/oci-content.ts';
import { type ScriptedServer, scriptedServer } from '../fakes/scripted-server.ts';

const puller = fileURLToPath(new URL('oci-layout-puller.ts', import.meta.url));
const size = 4_000_000;
/** What comes before the registry falls silent. */
const cutAt = 1_500_000;
const layer = blobOf(Array.from({ length: size / 10 }, (_, at) => `${at}`.padStart(10, '0')).join(''));
const config = blobOf('{}', 'application/vnd.oci.empty.v1+json');
const image = imageOf({ layers: [layer.descriptor] });

let directory: string;
let registry: ScriptedServer;
let isSilent: boolean;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'oci-layout-resume-'));
  isSilent = true;
  registry = await scriptedServer((request, response) => {
    if (request.url?.includes('/manifests/')) {
      response.writeHead(200, { 'content-type': image.descriptor.mediaType }).end(image.bytes);
    } else if (request.url?.endsWith(config.descriptor.digest)) {
      response.end(config.bytes);
    } else {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const part = { 'content-range': `bytes ${from}-${size - 1}/${size}` };
      response.writeHead(from > 0 ? 206 : 200, from > 0 ? part : {});
      if (isSilent) response.write(layer.bytes.subarray(from, from + cutAt));
      else response.end(layer.bytes.subarray(from));
    }
  });
});

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await registry[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function start(): ChildProcess {
  const child = spawn(process.execPath, [puller, registry.host, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

async function finish(child: ChildProcess): Promise<void> {
  const [code] = await once(child, 'close');
  expect(code).toBe(0);
}

const partials = async (): Promise<string[]> => {
  const names = await readdir(join(directory, '.incoming')).catch(() => []);
  return names.filter((name) => name.includes(layer.descriptor.digest.slice(7)));
};

async function sizes(): Promise<number[]> {
  const found = (await partials()).map((name) => stat(join(directory, '.incoming', name)));
  return (await Promise.all(found)).map((file) => file.size);
}

/** Starts a pull, and kills it once so many bytes are on the disk, and no other part. Gives the file that stays. */
async function pullAndKill(bytes = cutAt): Promise<string> {
  const child = start();
  await expect.poll(sizes, { timeout: 20_000 }).toEqual([bytes]);
  child.kill('SIGKILL');
  await once(child, 'close');
  return join(directory, '.incoming', (await partials())[0] ?? 'none');
}

const ranges = (): (string | undefined)[] =>
  registry.requests
    .filter(({ url, method }) => method === 'GET' && url.endsWith(layer.descriptor.digest))
    .map(({ headers }) => headers.range);

async function expectWhole(): Promise<void> {
  const file = join(directory, 'blobs', ...layer.descriptor.digest.split(':'));
  expect((await readFile(file)).equals(layer.bytes)).toBe(true);
  expect(await partials()).toEqual([]);
}

describe('a process that is killed in the middle of a pull', () => {
  it('asks for the rest only when it is started again', async () => {
    await pullAndKill();
    isSilent = false;
    await finish(start());
    expect(ranges()).toEqual([undefined, `bytes=${cutAt}-`]);
    await expectWhole();
  });

  it('goes further with each life', async () => {
    await pullAndKill();
    await pullAndKill(2 * cutAt);
    isSilent = false;
    await finish(start());
    expect(ranges()).toEqual([undefined, `bytes=${cutAt}-`, `bytes=${2 * cutAt}-`]);
    await expectWhole();
  });

  it('throws away what the disk has changed meanwhile, and fetches the whole', async () => {
    const path = await pullAndKill();
    const bytes = await readFile(path);
    bytes[1_000_000] = (bytes[1_000_000] ?? 0) ^ 1;
    await writeFile(path, bytes);
    isSilent = false;
    await finish(start());
    expect(ranges()).toEqual([undefined, `bytes=${cutAt}-`, undefined]);
    await expectWhole();
  });

  it('leaves nothing that counts as content', async () => {
    await pullAndKill();
    const layout = await openLayout(directory);
    expect(await layout.repository().exists(layer.descriptor)).toBe(false);
    expect(await readdir(join(directory, 'blobs', 'sha256'))).not.toContain(layer.descriptor.digest.slice(7));
  });
});
