import { createCipheriv } from 'node:crypto';
import {
  copy,
  type Descriptor,
  mediaTypes,
  OciError,
  openLayout,
  RemoteRepository,
  readAll,
  sha256,
  Transport,
} from 'oci-client-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PeerName } from '../peers/peer.ts';
import { bundleStyle, cosignKeys, cosignSign, legacyTagStyle } from './harness/cosign-styles.ts';
import { startCraneRegistry } from './harness/crane-registry.ts';
import { cuttingProxy } from './harness/cutting-proxy.ts';
import { describeWithPeers } from './harness/describe-with-peers.ts';
import { startDistribution, startDockerRegistry } from './harness/distribution.ts';
import type { LiveRegistry } from './harness/live-registry.ts';
import { startOurs } from './harness/our-registry.ts';
import { Workshop } from './harness/workshop.ts';

interface Kind {
  readonly title: string;
  readonly needs: readonly PeerName[];
  readonly start: (workshop: Workshop) => Promise<LiveRegistry>;
  /** Tags of one repository that it takes in a second or two: a page holds 1,000. */
  readonly tags: number;
  readonly mounts: boolean;
}

const kinds: readonly Kind[] = [
  { title: 'CNCF distribution 3', needs: ['registry'], start: startDistribution, tags: 1_005, mounts: true },
  { title: 'crane registry serve', needs: ['crane'], start: startCraneRegistry, tags: 1_005, mounts: false },
  {
    title: "Debian's docker-registry",
    needs: ['docker-registry'],
    start: startDockerRegistry,
    tags: 50,
    mounts: true,
  },
  // Each is a durable change of the one index.
  { title: 'our registry', needs: [], start: startOurs, tags: 50, mounts: true },
];

const mebibyte = 2 ** 20;

/** Bytes that differ from each other everywhere. */
function noise(size: number): Uint8Array {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16)).update(Buffer.alloc(size));
}

interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

function content(mediaType: string, bytes: Uint8Array): Content {
  return { descriptor: { mediaType, digest: sha256(bytes), size: bytes.byteLength }, bytes };
}

const config = content(mediaTypes.ociEmpty, Buffer.from('{}'));

interface Wish {
  readonly layers: readonly Content[];
  readonly artifactType: string;
  readonly subject?: Descriptor;
  readonly note?: string;
}

async function publish(repository: RemoteRepository, wish: Wish): Promise<Descriptor> {
  const { layers, artifactType, subject, note = '' } = wish;
  for (const blob of [config, ...layers]) await repository.push(blob.descriptor, blob.bytes);
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(subject === undefined ? {} : { subject }),
    annotations: { note },
  };
  const pushed = content(mediaTypes.ociManifest, Buffer.from(JSON.stringify(manifest)));
  await repository.push(pushed.descriptor, pushed.bytes);
  return pushed.descriptor;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const artifactType = 'application/vnd.example.artifact';

for (const kind of kinds) {
  describeWithPeers(`our client of ${kind.title}`, [...kind.needs, 'cosign'], () => {
    let workshop: Workshop;
    let registry: LiveRegistry;
    let transport: Transport;
    const at = (repository: string, host = registry.host): RemoteRepository =>
      new RemoteRepository({ host, repository, transport });

    beforeAll(async () => {
      workshop = new Workshop();
      registry = await kind.start(workshop);
      transport = new Transport();
    });

    afterAll(async () => {
      await transport?.close();
      await registry?.close();
      workshop?.close();
    });

    it('pushes an artifact and pulls the same bytes', async () => {
      const repository = at('push/pull');
      const layer = content(mediaTypes.octetStream, noise(3 * mebibyte + 17));
      const descriptor = await publish(repository, { layers: [layer], artifactType });
      await repository.tag(descriptor, 'v1');

      expect(await repository.resolve('v1')).toMatchObject({ kind: 'resolved', descriptor });
      const pulled = await readAll(repository.fetch(layer.descriptor), 4 * mebibyte, 'layer');
      expect(sha256(pulled)).toBe(layer.descriptor.digest);
      expect(await repository.exists(descriptor)).toBe(true);
      expect(await repository.exists(content('a/b', noise(5)).descriptor)).toBe(false);
    });

    it('pushes a stream', async () => {
      const layer = content(mediaTypes.octetStream, noise(2 * mebibyte));
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < layer.bytes.byteLength; at += 100_000)
          yield layer.bytes.subarray(at, at + 100_000);
      }
      await at('push/stream').push(layer.descriptor, pieces());
      const pulled = await readAll(at('push/stream').fetch(layer.descriptor), 2 * mebibyte, 'layer');
      expect(sha256(pulled)).toBe(layer.descriptor.digest);
    });

    it('goes on after a cut', async () => {
      const layer = content(mediaTypes.octetStream, noise(8 * mebibyte));
      await at('push/resume').push(layer.descriptor, layer.bytes);
      const proxy = await cuttingProxy(registry.host, [mebibyte, 3 * mebibyte]);
      try {
        const repository = at('push/resume', proxy.host);
        const pulled = await readAll(repository.fetch(layer.descriptor), 8 * mebibyte, 'layer');
        expect(sha256(pulled)).toBe(layer.descriptor.digest);
        expect(proxy.connections).toBe(3);
      } finally {
        proxy.close();
      }
    });

    it('has a blob mounted from another repository', async () => {
      const blob = content(mediaTypes.octetStream, noise(mebibyte + 5));
      await at('mount/from').push(blob.descriptor, blob.bytes);
      const mounted = await at('mount/to').mount(blob.descriptor, at('mount/from'));
      expect(mounted).toBe(kind.mounts);
      if (!mounted) await at('mount/to').push(blob.descriptor, blob.bytes);
      const pulled = await readAll(at('mount/to').fetch(blob.descriptor), 2 * mebibyte, 'blob');
      expect(sha256(pulled)).toBe(blob.descriptor.digest);
    });

    it('copies between repositories of the registry', async () => {
      const layer = content(mediaTypes.octetStream, noise(mebibyte + 3));
      const descriptor = await publish(at('copy/from'), { layers: [layer], artifactType, note: 'copied' });
      await at('copy/from').tag(descriptor, 'v1');
      await copy(at('copy/from'), at('copy/to'), 'v1');
      expect(await at('copy/to').resolve('v1')).toMatchObject({ descriptor });
      expect(await at('copy/to').exists(layer.descriptor)).toBe(true);
    });

    it(`lists ${kind.tags} tags`, async () => {
      const repository = at('many/tags');
      const descriptor = await publish(repository, { layers: [], artifactType });
      const wanted = Array.from({ length: kind.tags }, (_, number) => `v${number}`);
      for (let first = 0; first < wanted.length; first += 16) {
        await Promise.all(wanted.slice(first, first + 16).map((tag) => repository.tag(descriptor, tag)));
      }
      expect((await collect(repository.tags())).sort()).toEqual(wanted.sort());
    });

    it('polls: nothing new, then something', async () => {
      const repository = at('polled/app');
      const one = await publish(repository, { layers: [], artifactType, note: 'one' });
      const two = await publish(repository, { layers: [], artifactType, note: 'two' });
      await repository.tag(one, 'v1');
      const first = await repository.resolve('v1');
      const again = await repository.resolve('v1', { known: first.validator });
      expect(again.kind).toBe('unchanged');
      await repository.tag(two, 'v1');
      const changed = await repository.resolve('v1', { known: again.validator });
      expect(changed).toMatchObject({ kind: 'resolved', descriptor: two });
    });

    it('attaches, lists and filters referrers, and copies them into a layout', async () => {
      const repository = at('referred/app');
      const subject = await publish(repository, { layers: [], artifactType, note: 'subject' });
      await repository.tag(subject, 'v1');
      const note = await publish(repository, { layers: [], artifactType: 'a/note', subject });
      const proof = await publish(repository, { layers: [], artifactType: 'a/proof', subject });

      const all = await collect(repository.referrers(subject));
      expect(all.map(({ digest }) => digest).sort()).toEqual([note.digest, proof.digest].sort());
      const notes = await collect(repository.referrers(subject, { artifactType: 'a/note' }));
      expect(notes.map(({ digest }) => digest)).toEqual([note.digest]);

      const layout = await openLayout(workshop.path('referred-layout'));
      await copy(repository, layout.repository(), 'v1', { referrers: true });
      const carried = await collect(layout.repository().referrers(subject));
      expect(carried.map(({ digest }) => digest).sort()).toEqual([note.digest, proof.digest].sort());
    });

    it('deletes a manifest, and its referrer from the list', async () => {
      const repository = at('deleted/app');
      const subject = await publish(repository, { layers: [], artifactType, note: 'deleted' });
      await repository.tag(subject, 'v1');
      const referrer = await publish(repository, { layers: [], artifactType: 'a/note', subject });
      await repository.delete(referrer);
      expect(await collect(repository.referrers(subject))).toEqual([]);
      await repository.delete(subject);
      const gone = await repository.resolve(subject.digest).catch((error: unknown) => error);
      expect(gone).toBeInstanceOf(OciError);
      expect(gone).toMatchObject({ code: 'not-found' });
      await repository.delete(subject);
    });

    it.each([
      ['in a bundle', 'bundle', bundleStyle],
      ['under a tag', 'tag', legacyTagStyle],
    ] as const)('carries a signature of cosign %s along', async (_where, name, style) => {
      const [from, to, folder] = [`signed/${name}`, `again/${name}`, `signed-by-${name}`];
      const repository = at(from);
      const layer = content(mediaTypes.octetStream, noise(1000));
      const note = `${kind.title} ${name}`;
      const descriptor = await publish(repository, { layers: [layer], artifactType, note });
      await repository.tag(descriptor, 'v1');
      const { key, pub } = await cosignKeys(workshop, `signer-${name}`);
      const reference = `${registry.host}/${from}@${descriptor.digest}`;
      await cosignSign(workshop, style, { key, reference });

      const layout = await openLayout(workshop.path(folder));
      await copy(repository, layout.repository(), 'v1', { referrers: true });
      await copy(layout.repository(), at(to), 'v1', { referrers: true });
      const again = `${registry.host}/${to}@${descriptor.digest}`;
      await workshop.run('cosign', 'verify', '--key', pub, '--insecure-ignore-tlog=true', again);
    });
  });
}
