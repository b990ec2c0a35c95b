import { mediaTypes, type ReadStore, sha256 } from 'oci-client-ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { readableStore } from '../../test/fixtures/readable-store.ts';
import {
  bundleOf,
  bundleType,
  desiredState,
  keyPolicy,
  legacyLayer,
  payloadOf,
  pushBundle,
  pushLegacy,
  type SignedContent,
  statementOf,
} from '../../test/fixtures/signed-artifact.ts';
import { good, other, StandingSite, source, trusting } from '../../test/fixtures/standing-site.ts';

let site: StandingSite;

beforeEach(async () => {
  site = await StandingSite.open();
});

describe('evidence that was counted', () => {
  /** Digests of the referrers that lie in the local layout. */
  async function kept(): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const { digest } of site.local.referrers(site.artifact.descriptor)) found.push(digest);
    return found;
  }

  /** The good signature, in a bundle whose unsigned parts are others by number. */
  function written(number: number): Promise<SignedContent> {
    const bundle = bundleOf(good, statementOf(site.artifact.descriptor.digest));
    const hint = { publicKey: { hint: `hint-${number}` } };
    return pushBundle(site.registry, site.artifact.descriptor, { ...bundle, verificationMaterial: hint });
  }

  it.each([
    ['a bundle', () => site.sign(good)],
    [
      'a legacy signature under its tag',
      () =>
        pushLegacy(site.registry, site.artifact.descriptor, [
          legacyLayer(good, payloadOf(site.artifact.descriptor.digest)),
        ]),
    ],
    [
      'a legacy signature among others of strangers',
      () =>
        pushLegacy(site.registry, site.artifact.descriptor, [
          legacyLayer(other, payloadOf(site.artifact.descriptor.digest)),
          legacyLayer(good, payloadOf(site.artifact.descriptor.digest)),
        ]),
    ],
  ])('is kept, so that %s is judged with the registry gone', async (_, attach) => {
    await attach();
    expect(await site.accept()).toMatchObject({ kind: 'accepted' });
    site.isDown = true;
    expect(await site.judge(trusting(good))).toMatchObject({
      kind: 'accepted',
      signers: [{ keyId: good.id }],
    });
  });

  it('is all that is kept: what counts for nobody is left in the registry', async () => {
    await site.sign(other);
    await site.sign(good);
    await site.accept();
    expect(await kept()).toHaveLength(1);
  });

  it('is kept once, however often what is unsigned about it is written anew', async () => {
    const digests: string[] = [];
    for (const number of [1, 2, 3]) {
      const { descriptor } = await written(number);
      const evidence = descriptor.digest;
      expect(await site.accept()).toMatchObject({ kind: 'accepted', signers: [{ evidence }] });
      await site.registry.delete(descriptor);
      digests.push(evidence);
    }
    expect(new Set(digests).size).toBe(3);
    expect(await kept()).toEqual(digests.slice(0, 1));
  });

  it.each([
    [5_000, 6_000, 2],
    [5_000, undefined, 2],
    [6_000, 5_000, 1],
    [undefined, 5_000, 1],
  ])(
    'counts until %s, and is kept again where another counts until %s: %s in all',
    async (first, then, all) => {
      site.validUntil = first;
      const { descriptor } = await written(1);
      await site.accept();
      await site.registry.delete(descriptor);
      await written(2);
      // The registry's is judged first, then what is kept.
      const ends = [then, first];
      site.duringJudgement = () => {
        site.validUntil = ends.shift();
      };
      await site.accept();
      expect(ends).toEqual([]);
      expect(await kept()).toHaveLength(all);
    },
  );

  it('is kept again where it leaves out a warning', async () => {
    const second = keyPolicy('edge/second', [other.publicPem], { mode: 'warn' });
    const desired = desiredState(source, keyPolicy('edge/release', [good.publicPem]), second);
    await site.sign(good);
    expect(await site.accept(desired)).toMatchObject({ warnings: [{ code: 'SIGNATURE_KEY_UNKNOWN' }] });
    await site.sign(other);
    expect(await site.accept(desired)).toMatchObject({ kind: 'accepted', warnings: [] });
    expect(await kept()).toHaveLength(2);
  });

  it('is judged once where nothing is kept yet', async () => {
    await site.sign(good);
    await site.accept();
    expect(site.judged).toBe(1);
  });

  it.each([
    ['is no manifest', '{"schemaVersion":2,"layers":{}}'],
    ['is an index', JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] })],
  ])('is kept although what lies beside it %s', async (_, text) => {
    const content = Buffer.from(text);
    const mediaType = text.includes(mediaTypes.ociIndex) ? mediaTypes.ociIndex : mediaTypes.ociManifest;
    const descriptor = { mediaType, digest: sha256(content), size: content.length };
    await site.sign(good);
    const disturbed: ReadStore = {
      ...readableStore(site.registry),
      fetch: (wanted, options) =>
        wanted.digest === descriptor.digest
          ? ([content] as unknown as AsyncIterable<Uint8Array>)
          : site.registry.fetch(wanted, options),
      async *referrers(subject, options) {
        yield { ...descriptor, artifactType: bundleType };
        yield* site.registry.referrers(subject, options);
      },
    };
    site.over = disturbed;
    // Signatures that are compared are all read.
    const freshness = { order: 'none', audience: ['here'] };
    expect(
      await site.accept(desiredState(source, keyPolicy('edge/release', [good.publicPem], { freshness }))),
    ).toMatchObject({ kind: 'accepted' });
    expect(await kept()).toHaveLength(1);
  });

  it('is not kept of what is refused', async () => {
    await site.sign(other);
    expect(await site.accept()).toMatchObject({ kind: 'refused' });
    expect(await site.local.exists(site.artifact.descriptor)).toBe(false);
  });

  it('is read once more from the registry where it was too large to remember', async () => {
    const junk = 'x'.repeat(200_000);
    for (let number = 0; number < 12; number += 1)
      await pushBundle(site.registry, site.artifact.descriptor, `${junk}${number}`);
    await site.sign(good);
    expect(await site.accept()).toMatchObject({ kind: 'accepted' });
    site.isDown = true;
    expect(await site.judge(trusting(good))).toMatchObject({ kind: 'accepted' });
  });
});
