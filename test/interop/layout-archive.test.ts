import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copy, createMemoryStore, openLayout, openLayoutArchive, sha256 } from 'oci-client-ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const imageType = 'application/vnd.oci.image.manifest.v1+json';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'oci-archive-'));
  await writeImage();
});
afterEach(async () => rm(directory, { recursive: true }));

/** A container image, since skopeo looks into the configuration. */
async function writeImage(): Promise<void> {
  const store = (await openLayout(join(directory, 'layout'))).repository();
  const push = async (text: string, mediaType: string): Promise<{ digest: string; size: number }> => {
    const bytes = Buffer.from(text);
    const descriptor = { mediaType, digest: sha256(bytes), size: bytes.byteLength };
    await store.push(descriptor, bytes);
    return descriptor;
  };
  const layer = await push('layer', 'application/vnd.oci.image.layer.v1.tar');
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const settings = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs });
  const config = await push(settings, 'application/vnd.oci.image.config.v1+json');
  const body = { schemaVersion: 2, mediaType: imageType, config, layers: [layer] };
  const image = await push(JSON.stringify(body), imageType);
  await store.tag({ mediaType: imageType, ...image }, 'v1');
}

async function expectReadable(file: string): Promise<void> {
  const archive = await openLayoutArchive(join(directory, file));
  expect(await copy(archive.repository(), createMemoryStore(), 'v1')).toMatchObject({ pushed: 3 });
}

/** Of the system: it is no Go module that could be built here. */
const skopeo = 'skopeo';
const hasSkopeo = spawnSync(skopeo, ['--version']).status === 0;

describe('an image layout in a tar', () => {
  it.skipIf(!hasSkopeo)('that skopeo wrote is read', async () => {
    execFileSync(skopeo, ['copy', '-q', 'oci:layout:v1', 'oci-archive:image.tar:v1'], { cwd: directory });
    await expectReadable('image.tar');
  });

  it.each(['gnu', 'ustar', 'pax'])('that tar --format=%s wrote is read', async (format) => {
    execFileSync('tar', [`--format=${format}`, '-C', 'layout', '-cf', 'image.tar', '.'], { cwd: directory });
    await expectReadable('image.tar');
  });
});
