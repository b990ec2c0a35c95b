import { createCipheriv } from 'node:crypto';
import { createHasher, type Descriptor, mediaTypes, type RemoteRepository, sha256 } from 'oci-client-ts';

const pieceBytes = 2 ** 20;

/** Bytes that no disk and no link makes smaller, the same ones in each run. */
async function* randomBytes(count: number): AsyncGenerator<Uint8Array> {
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16));
  const zeros = Buffer.alloc(pieceBytes);
  for (let left = count; left > 0; left -= zeros.byteLength) {
    yield stream.update(zeros.subarray(0, Math.min(left, zeros.byteLength)));
  }
}

async function describeRandom(size: number): Promise<Descriptor> {
  const hasher = createHasher('sha256');
  for await (const chunk of randomBytes(size)) hasher.update(chunk);
  return {
    mediaType: mediaTypes.octetStream,
    digest: hasher.digest(),
    size,
    annotations: { 'org.opencontainers.image.title': 'blob' },
  };
}

/** Pushes an artifact of one layer as `v1`; answers the layer. */
export async function pushRandomArtifact(repository: RemoteRepository, size: number): Promise<Descriptor> {
  const empty = Buffer.from('{}');
  const config = { mediaType: mediaTypes.ociEmpty, digest: sha256(empty), size: empty.byteLength };
  await repository.push(config, empty);
  const layer = await describeRandom(size);
  await repository.push(layer, randomBytes(size));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: 'application/vnd.example.bench',
      config,
      layers: [layer],
    }),
  );
  const descriptor = {
    mediaType: mediaTypes.ociManifest,
    digest: sha256(manifest),
    size: manifest.byteLength,
  };
  await repository.push(descriptor, manifest);
  await repository.tag(descriptor, 'v1');
  return layer;
}
