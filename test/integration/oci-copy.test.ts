import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  copy,
  createMemoryStore,
  openLayout,
  RemoteRepository,
  serveRegistry,
  Transport,
} from 'oci-client-ts';
import { expect, it } from 'vitest';
import { blobOf, imageOf } from '../fakes/oci-content.ts';

const layers = ['one', 'two', 'three'].map((text) => blobOf(text));
const config = blobOf('{}', 'application/vnd.oci.empty.v1+json');
const image = imageOf({ layers: layers.map(({ descriptor }) => descriptor) });

it('a copy between repositories of one registry moves no blob, and asks for each once', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'oci-copy-'));
  const layout = await openLayout(directory);
  const requests: string[] = [];
  // Repositories of this server share their blobs; a registry that keeps them apart answers so until one is mounted or pushed.
  const there = new Set<string>();
  const server = await serveRegistry({
    layout,
    intercept: (request, response) => {
      const { method = '', url = '' } = request;
      if (!url.startsWith('/v2/team/copy/')) return false;
      requests.push(`${method} ${url.split('?')[0]?.split('/').slice(4, 6).join('/')}`);
      const mount = new URL(url, 'http://registry').searchParams.get('mount');
      if (mount !== null) there.add(mount);
      if (method === 'PUT') there.add(url.split('/').at(-1) ?? '');
      const isAbsent = method === 'HEAD' && !there.has(url.split('/').at(-1) ?? '');
      if (isAbsent) response.writeHead(404).end();
      return isAbsent;
    },
  });
  const transport = new Transport();
  const at = (repository: string): RemoteRepository =>
    new RemoteRepository({ host: `127.0.0.1:${server.port}`, repository, transport });
  try {
    const near = createMemoryStore();
    for (const { descriptor, bytes } of [...layers, config, image]) await near.push(descriptor, bytes);
    await copy(near, at('team/app'), image.descriptor.digest);
    const result = await copy(at('team/app'), at('team/copy'), image.descriptor.digest, { tag: 'v1' });
    expect(result).toMatchObject({ mounted: 4, pushed: 1, skipped: 0, bytes: image.descriptor.size });
    expect(requests.filter((line) => line.startsWith('HEAD blobs'))).toHaveLength(4);
    expect(requests.filter((line) => line === 'POST blobs/uploads')).toHaveLength(4);
    expect(requests.some((line) => line.startsWith('PATCH') || line.startsWith('PUT blobs'))).toBe(false);
    expect(await at('team/copy').resolve('v1')).toMatchObject({ descriptor: image.descriptor });
  } finally {
    await transport.close();
    await server.close();
    await rm(directory, { recursive: true });
  }
});
