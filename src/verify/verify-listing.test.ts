import { mediaTypes, type ReadStore } from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  bundleType,
  contentOf,
  legacyArtifactType,
  push,
  pushBundle,
} from '../../test/fixtures/signed-artifact.ts';
import { accepted, refusedWith, SignedRoom, subjectOf } from '../../test/fixtures/signed-room.ts';

let room: SignedRoom;

beforeEach(async () => {
  room = await SignedRoom.open();
});

describe('what the registry lists', () => {
  it.each([
    ['another digest', 'SIGNATURE_WRONG_DIGEST', () => subjectOf(room.other)],
    ['another size', 'SIGNATURE_MALFORMED', () => ({ ...room.subject, size: 1 })],
    [
      'another media type',
      'SIGNATURE_MALFORMED',
      () => ({ ...room.subject, mediaType: mediaTypes.dockerManifest }),
    ],
    ['nothing', 'SIGNATURE_MALFORMED', () => undefined],
  ])('attack 29: is refused when the referrer’s own subject is %s: %s', async (_what, code, subject) => {
    const { descriptor } = await pushBundle(room.store, room.artifact.descriptor, room.bundle(), {
      manifest: { subject: subject() },
    });
    const repository = room.listing({ ...descriptor, artifactType: bundleType });
    expect(await room.verdict({ repository })).toEqual(refusedWith(code));
  });

  it('attack 29: is refused when a legacy referrer’s own subject is another', async () => {
    const { descriptor } = await room.putLegacyReferrer(room.other, [room.layer()]);
    const repository = room.listing({ ...descriptor, artifactType: legacyArtifactType });
    expect(await room.verdict({ repository })).toEqual(refusedWith('SIGNATURE_WRONG_DIGEST'));
  });

  it('attack 40: is found when it stands in the fallback tag alone', async () => {
    const bundle = await room.put('sigstore bundle');
    const entry = { ...bundle.descriptor, artifactType: bundleType };
    const index = contentOf(mediaTypes.ociIndex, {
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: [entry],
    });
    await push(room.store, index);
    await room.store.tag(index.descriptor, room.digest.replace(':', '-'));
    expect(await room.verdict()).toEqual(accepted);
  });

  it('attack 40: is found as a legacy tag behind an empty list', async () => {
    await room.put('legacy tag');
    expect(await room.verdict({ repository: room.listing() })).toEqual(accepted);
  });

  it('is looked into when it is listed without type', async () => {
    const { descriptor } = await room.put('sigstore bundle');
    expect(await room.verdict({ repository: room.listing(descriptor) })).toEqual(accepted);
  });

  it('is left alone when it is of another type, the subject itself included', async () => {
    const sbom = { ...room.artifact.descriptor, artifactType: 'application/spdx+json' };
    expect(await room.verdict({ repository: room.listing(sbom) })).toEqual(refusedWith('SIGNATURE_MISSING'));
  });

  it('is refused, not missing, when it is listed but not there', async () => {
    const absent = { ...contentOf(mediaTypes.ociManifest, '{}').descriptor, artifactType: bundleType };
    expect(await room.verdict({ repository: room.listing(absent) })).toEqual(
      refusedWith('SIGNATURE_MALFORMED'),
    );
  });

  it('attack 12: is refused when it names a manifest of more than 1 MiB, before it is fetched', async () => {
    const huge = { ...room.artifact.descriptor, artifactType: bundleType, size: 1024 * 1024 + 1 };
    const verdict = await room.verdict({ repository: room.listing(huge) });
    expect(verdict).toMatchObject({
      code: 'SIGNATURE_MALFORMED',
      detail: expect.stringContaining('1048577'),
    });
  });

  it('attack 31: is refused when body and descriptor name different media types', async () => {
    const { descriptor } = await room.put('sigstore bundle');
    const repository = room.listing({
      ...descriptor,
      mediaType: mediaTypes.dockerManifest,
      artifactType: bundleType,
    });
    expect(await room.verdict({ repository })).toEqual(refusedWith('SIGNATURE_MALFORMED'));
  });

  it('attack 31: is refused when it has layers and manifests at once', async () => {
    const { content } = await room.put('legacy referrer');
    const document = { ...JSON.parse(Buffer.from(content).toString()), manifests: [] };
    const both = contentOf(mediaTypes.ociManifest, document);
    const repository: ReadStore = {
      ...room.listing({ ...both.descriptor, artifactType: legacyArtifactType }),
      async *fetch() {
        yield both.content;
      },
    };
    expect(await room.verdict({ repository })).toEqual(refusedWith('SIGNATURE_MALFORMED'));
  });

  it('attack 31: may be a manifest of Docker’s type, as cosign writes it for old registries', async () => {
    const { content } = await room.put('legacy tag');
    const manifest = JSON.parse(Buffer.from(content).toString());
    const docker = contentOf(mediaTypes.dockerManifest, {
      ...manifest,
      mediaType: mediaTypes.dockerManifest,
      config: { ...manifest.config, mediaType: mediaTypes.dockerConfig },
    });
    await push(room.store, docker);
    await room.store.tag(docker.descriptor, `${room.digest.replace(':', '-')}.sig`);
    expect(await room.verdict()).toEqual(accepted);
  });
});

describe('a referrer with a bundle is refused', () => {
  it.each<[string, string, Parameters<typeof pushBundle>[3] | (() => Parameters<typeof pushBundle>[3])]>([
    ['with a layer of another type', 'SIGNATURE_MALFORMED', { layerType: 'application/json' }],
    [
      'attack 42: with a layer type that only begins like a bundle',
      'SIGNATURE_MALFORMED',
      { layerType: `${bundleType}EVIL` },
    ],
    ['without layer', 'SIGNATURE_MALFORMED', { layers: [] }],
    ['without artifact type', 'SIGNATURE_MISSING', { manifest: { artifactType: undefined } }],
  ])('in a referrer %s: %s', async (_what, code, change) => {
    await pushBundle(
      room.store,
      room.artifact.descriptor,
      room.bundle(),
      typeof change === 'function' ? change() : change,
    );
    expect(await room.verdict()).toEqual(refusedWith(code));
  });

  it('in a referrer with two layers', async () => {
    const layer = await push(room.store, contentOf(bundleType, room.bundle()));
    await pushBundle(room.store, room.artifact.descriptor, '{}', { layers: [layer, layer] });
    expect(await room.verdict()).toEqual(refusedWith('SIGNATURE_MALFORMED'));
  });

  it('attack 12: of 256 KiB and one byte, before it is fetched', async () => {
    const bundle = JSON.stringify(room.bundle());
    const layer = contentOf(bundleType, `${bundle}${' '.repeat(256 * 1024 + 1 - bundle.length)}`);
    await pushBundle(room.store, room.artifact.descriptor, '{}', { layers: [layer.descriptor] });
    const verdict = await room.verdict();
    expect(verdict).toEqual(refusedWith('SIGNATURE_MALFORMED'));
    expect(verdict).toMatchObject({
      detail: expect.stringContaining('expected at most 262144 bytes, got 262145'),
    });
  });
});
